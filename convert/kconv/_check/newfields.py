"""Which fields a kind got since the base, in whichever version."""

from __future__ import annotations

from kconv._check.change import KindChange, Types
from kconv._check.lock import Locks
from kconv._check.stability import most_stable
from kconv._check.walk import places
from kconv._gvk import GroupVersion, Level, level


def new_fields(change: KindChange) -> dict[str, Level]:
    """The fields that a version of the kind got since the base, with its level."""
    found: dict[str, Level] = {}
    for gv, lock in change.new_locks.items():
        base = change.old_locks.get(gv)
        for name, kind in lock.kinds.items():
            if kind.stored_as != change.new.stored_as:
                continue
            before = base.kinds.get(name) if base is not None else None
            had = paths(base.types, before.type) if base is not None and before else set()
            for path in paths(lock.types, kind.type) - had:
                at = level(gv.version)
                found[path] = most_stable(found.get(path, at), at)
    for lock in change.old_locks.values():
        for kind in lock.kinds.values():
            if kind.stored_as == change.old.stored_as:
                for path in paths(lock.types, kind.type):
                    found.pop(path, None)
    return found


def covered(path: str, fresh: dict[str, Level]) -> Level | None:
    """The level of the new field at a path of the ledger, or within which it lies."""
    plain = path.replace("[*]", "")
    for each, at in fresh.items():
        outer = each.replace("[*]", "")
        if plain == outer or plain.startswith(f"{outer}."):
            return at
    return None


def level_of_kind(change: KindChange) -> Level:
    """The most stable level at which the kind is served."""
    return most_stable(
        *(
            level(gv.version)
            for gv, lock in change.new_locks.items()
            if any(kind.stored_as == change.new.stored_as for kind in lock.kinds.values())
        )
    )


def got_version(change: KindChange) -> bool:
    """Whether the kind is served in a version that the base does not serve it in."""

    def served(locks: Locks, stored_as: str) -> set[GroupVersion]:
        return {
            gv
            for gv, lock in locks.items()
            if any(kind.stored_as == stored_as for kind in lock.kinds.values())
        }

    stored_as = change.new.stored_as
    return bool(served(change.new_locks, stored_as) - served(change.old_locks, stored_as))


def paths(types: Types, root: str) -> set[str]:
    """Every field path of a kind, each type looked into where it is first met."""
    found: set[str] = set()
    for (name, _), where in places(types, types, (root, root)).items():
        for place in where:
            found.update(f"{place}.{field}" if place else field for field in types[name].fields)
    return found
