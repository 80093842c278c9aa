"""A bound that refuses less than before."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import FieldChange
from kconv._check.rule import Rule
from kconv._check.rules.bound_tightened import bounds, tighter
from kconv._check.verdict import Verdict, Whom, minor


def judge(change: FieldChange) -> Iterator[Verdict]:
    """A bound that went or moved outwards."""
    for name, old, new in bounds(change):
        if not tighter(name, old, new):
            yield minor(
                f"{name} {old} " + ("is gone" if new is None else f"became {new}"),
                Whom.READERS,
                "they may meet values beyond what they were told",
                "nothing, once every server that writes has the new bound",
            )
    if change.old.facts.get("unique") and not change.new.facts.get("unique"):
        yield minor(
            "duplicates are allowed now",
            Whom.READERS,
            "they may meet duplicates",
            "nothing, once every server that writes allows them",
        )


RULE = Rule("bound-loosened", judge)
