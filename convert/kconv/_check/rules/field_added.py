"""A field that the base does not have."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.absence import refused_when_absent
from kconv._check.change import TypeChange
from kconv._check.rule import Rule
from kconv._check.shape import renamed
from kconv._check.verdict import Verdict, Whom, breaking, compatible


def judge(change: TypeChange) -> Iterator[Verdict]:
    """A new field breaks nobody, unless objects without it are refused."""
    pairs = renamed(change.old, change.new).values()
    filled = {path for facts in change.new.computed.values() for path in facts}
    for name, field in change.new.fields.items():
        if name in change.old.fields or name in pairs:
            continue
        if name not in filled and refused_when_absent(field, change.new_types):
            yield breaking(
                f"a field ({field}) was added that objects must have",
                Whom.WRITERS,
                "they do not know the field, so that what they write is refused",
                "make the field optional, or give it a default that keeps today's behaviour",
                name,
            )
        else:
            yield compatible(f"a field ({field}) was added", name)


RULE = Rule("field-added", judge)
