"""A kind that no longer converts to the other versions of what is stored."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: KindChange) -> Iterator[Verdict]:
    """The version hangs on another hub now: its objects are stored elsewhere."""
    if change.old.stored_as != change.new.stored_as:
        yield breaking(
            f"its edge to the hub of {change.old.stored_as} is gone; it is stored as "
            f"{change.new.stored_as}",
            Whom.STORED,
            f"objects stored as {change.old.stored_as} are no longer found in this version",
            "put the edge back: register the version with the hub that it had",
        )


RULE = Rule("edge-removed", judge)
