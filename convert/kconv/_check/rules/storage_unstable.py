"""Objects are stored in another version than before."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._check.change import ProjectChange
from kconv._check.lock import Locks
from kconv._check.rule import Rule
from kconv._check.stability import less_stable
from kconv._check.verdict import Verdict, Weight, Whom
from kconv._gvk import GroupVersion, level


def judge(change: ProjectChange) -> Iterator[Verdict]:
    """A less stable version must not be what is stored; one that is new should not be yet.

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


RULE = Rule("storage-unstable", judge)
