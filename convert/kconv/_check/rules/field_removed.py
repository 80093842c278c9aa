"""A field that the code no longer has."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import TypeChange
from kconv._check.rule import Rule
from kconv._check.shape import renamed
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: TypeChange) -> Iterator[Verdict]:
    """A field that went without one of the same shape in its stead."""
    pairs = renamed(change.old, change.new)
    for name, field in change.old.fields.items():
        if name not in change.new.fields and name not in pairs:
            yield breaking(
                f"the field ({field}) was removed",
                Whom.WRITERS,
                "what they send in it is dropped, or refused; what is stored in it is lost",
                "put the field back; a new version may do without it",
                name,
            )


RULE = Rule("field-removed", judge)
