"""A field that probably has another name now."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import TypeChange
from kconv._check.rule import Rule
from kconv._check.shape import renamed
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: TypeChange) -> Iterator[Verdict]:
    """A field that went, and one of the same shape that came."""
    for name, other in renamed(change.old, change.new).items():
        yield breaking(
            f"the field was removed, and {other} of the same shape was added: renamed?",
            Whom.WRITERS,
            "what they send in the old field is dropped, or refused; what is stored in it is lost",
            f'keep the name here; a new version may rename it: Rename("{name}", "{other}")',
            name,
        )


RULE = Rule("field-renamed", judge)
