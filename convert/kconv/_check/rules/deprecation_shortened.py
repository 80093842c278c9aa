"""A deprecation window that ends earlier than was said."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.release import earlier
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking, compatible


def judge(change: KindChange) -> Iterator[Verdict]:
    """``removed_in`` moved to an earlier release."""
    old, new = change.old.deprecated, change.new.deprecated
    before, after = old.get("removedIn", ""), new.get("removedIn", "")
    if before and after and earlier(after, before):
        yield breaking(
            f"the version goes in {after} already, not in {before}",
            Whom.WRITERS,
            "they were told that they had until then",
            f'leave Deprecation(removed_in="{before}")',
        )
    elif old != new:
        now = f"deprecated since {new['since']}" if new.get("since") else "not deprecated"
        yield compatible(f"the kind is {now}")


RULE = Rule("deprecation-shortened", judge)
