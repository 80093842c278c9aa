"""How stable the versions are that a group prefers and stores."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import ProjectChange
from kconv._check.lock import Locks
from kconv._check.rule import rule
from kconv._check.stability import less_stable
from kconv._check.verdict import Verdict, Weight, Whom
from kconv._gvk import GroupVersion, level


@rule("preferred-unstable")
def preferred_unstable(change: ProjectChange) -> Iterator[Verdict]:
    """The preferred version of a group is less stable than it was.

    Clients that leave the choice to the server get a version that may change.
    """
    old, new = _preferred(change.old), _preferred(change.new)
    for group in sorted(old.keys() & new.keys()):
        before, after = old[group], new[group]
        if less_stable(after.version, before.version):
            yield Verdict(
                Weight.BREAKING,
                f"the preferred version moved from {before} to the less stable {after}",
                Whom.READERS,
                "clients that leave the choice to the server get a version that may still change",
                f"prefer {before}",
                version=after,
                level=level(before.version),
            )


def _preferred(locks: Locks) -> dict[str, GroupVersion]:
    return {gv.group: gv for gv, lock in locks.items() if lock.preferred}


@rule("storage-unstable")
def storage_unstable(change: ProjectChange) -> Iterator[Verdict]:
    """Objects are stored in another version than before.

    A less stable version must not be what is stored; one that is new should not be yet.

    Kubernetes' deprecation policy, rule 4b: the storage version advances only after a release that
    has both, since the release before must be able to read what is stored.
    """
    old, new = _stored(change.old), _stored(change.new)
    for resource in sorted(old.keys() & new.keys()):
        (before, _), (after, kind) = old[resource], new[resource]
        if before == after:
            continue
        if less_stable(after.version, before.version):
            weight = Weight.BREAKING
            breaks = "they are encoded in a version that may change or go at any time"
            todo = f'store {before}: scheme.add(..., storage="{before}")'
        elif after not in change.old:
            weight = Weight.MINOR
            breaks = f"the release before cannot read {after}, so nobody can go back to it"
            todo = f"store {before} for one more release"
        else:
            weight, breaks, todo = Weight.COMPATIBLE, "nothing", "nothing"
        yield Verdict(
            weight,
            f"{resource} is stored as {after}, was {before}",
            Whom.NOBODY if weight is Weight.COMPATIBLE else Whom.STORED,
            breaks,
            todo,
            version=after,
            kind=kind,
            level=level(before.version),
        )


def _stored(locks: Locks) -> dict[str, tuple[GroupVersion, str]]:
    return {
        kind.stored_as: (gv, name)
        for gv, lock in sorted(locks.items())
        for name, kind in lock.kinds.items()
        if kind.storage
    }
