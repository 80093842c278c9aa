"""A subresource that is new."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking, compatible


def judge(change: KindChange) -> Iterator[Verdict]:
    """With a subresource status, writes to the object itself no longer change its status."""
    for name in sorted(set(change.new.subresources) - set(change.old.subresources)):
        if name == "status":
            yield breaking(
                "the subresource status was added",
                Whom.WRITERS,
                "the status that they write with the object is ignored from now on",
                "leave the kind without it; a new version may have it",
            )
        else:
            yield compatible(f"the subresource {name} was added")


RULE = Rule("subresource-added", judge)
