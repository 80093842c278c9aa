"""From namespaces to the cluster, or back."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: KindChange) -> Iterator[Verdict]:
    """Objects are found under other URLs, and stored under other keys."""
    if change.old.scope != change.new.scope:
        yield breaking(
            f"the scope changed from {change.old.scope} to {change.new.scope}",
            Whom.STORED,
            "they lie under keys that nobody asks for any more, and URLs of clients lead nowhere",
            "put the scope back; a kind of another name may have another scope",
        )


RULE = Rule("scope-changed", judge)
