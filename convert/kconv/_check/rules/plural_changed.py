"""Another plural: another URL."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: KindChange) -> Iterator[Verdict]:
    """The resource goes by another name."""
    if change.old.plural != change.new.plural:
        yield breaking(
            f"the plural changed from {change.old.plural} to {change.new.plural}",
            Whom.WRITERS,
            f"every request to {change.old.plural} is answered with 404",
            "put the plural back; a new version may have another",
        )


RULE = Rule("plural-changed", judge)
