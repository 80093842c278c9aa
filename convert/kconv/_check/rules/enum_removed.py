"""A value that is no longer allowed."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: FieldChange) -> Iterator[Verdict]:
    """A value that went, or an enumeration where any string was allowed."""
    old, new = change.old.facts.get("enum"), change.new.facts.get("enum")
    if new and not old:
        yield breaking(
            f"only {', '.join(new)} are allowed now",
            Whom.WRITERS,
            "every other value, which was accepted, is refused",
            "leave the field open; enumerate in a new version",
        )
    elif new and old and set(old) - set(new):
        gone = ", ".join(sorted(set(old) - set(new)))
        yield breaking(
            f"the value {gone} is no longer allowed",
            Whom.WRITERS,
            "objects with it are refused, stored ones as soon as somebody changes them",
            "allow the value; describe it as deprecated",
        )


RULE = Rule("enum-removed", judge)
