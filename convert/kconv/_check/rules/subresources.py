"""Subresources of a kind."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import KindChange
from kconv._check.rule import rule
from kconv._check.verdict import Verdict, Whom, breaking, compatible


@rule("subresource-added")
def subresource_added(change: KindChange) -> Iterator[Verdict]:
    """A subresource that is new.

    With a subresource status, writes to the object itself no longer change its status.
    """
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


@rule("subresource-removed")
def subresource_removed(change: KindChange) -> Iterator[Verdict]:
    """A subresource that is gone.

    Requests to it fail.
    """
    for name in sorted(set(change.old.subresources) - set(change.new.subresources)):
        yield breaking(
            f"the subresource {name} was removed",
            Whom.WRITERS,
            f"requests to {change.old.plural}/…/{name} are answered with 404",
            "put the subresource back",
        )
