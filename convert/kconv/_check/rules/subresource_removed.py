"""A subresource that is gone."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking


def judge(change: KindChange) -> Iterator[Verdict]:
    """Requests to it fail."""
    for name in sorted(set(change.old.subresources) - set(change.new.subresources)):
        yield breaking(
            f"the subresource {name} was removed",
            Whom.WRITERS,
            f"requests to {change.old.plural}/…/{name} are answered with 404",
            "put the subresource back",
        )


RULE = Rule("subresource-removed", judge)
