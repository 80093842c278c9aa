"""Unions: fields of a type of which exactly one is set."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import TypeChange
from kconv._check.verdict import Verdict, Whom, breaking, minor
from kconv._schema import union_in


def of_unions(change: TypeChange) -> Iterator[Verdict]:
    """What unions with other members break.

    A member that went, or that was a field beside the union, breaks who sets it. Where only new
    fields came, it is to be looked at.
    """
    for old, new in changed_unions(change):
        said = f"{old} became {new}"
        before, now = union_in(old) or (), union_in(new) or ()
        gone = sorted(set(before) - set(now))
        came = sorted(set(now) - set(before))
        beside = [name for name in came if name in change.old.fields]
        if gone or beside:
            yield breaking(
                said,
                Whom.WRITERS,
                f"objects that set {', '.join(gone or beside)} are refused, or have to set another "
                "one besides",
                "keep the members; what must differ goes into a new version",
            )
        else:
            yield minor(
                said,
                Whom.READERS,
                f"they may meet objects with {', '.join(came)}, and none of the members they know",
                "nothing, once every client takes objects without a member that it knows",
            )


def changed_unions(change: TypeChange) -> Iterator[tuple[str, str]]:
    """The unions that have other members now, each by the names of its rules before and now."""
    came = [each for each in change.new.rules if each not in change.old.rules and union_in(each)]
    for old in change.old.rules:
        members = set(union_in(old) or ())
        if old in change.new.rules or not members:
            continue
        for new in came:
            if members & {*(union_in(new) or ())}:
                came.remove(new)
                yield old, new
                break
