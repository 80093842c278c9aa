"""Which fields are of the same shape, and which were probably renamed."""

from __future__ import annotations

from kconv._check.lock import FieldLock, TypeLock

_SHAPE = ("format", "class", "milli", "objectOnly")


def retyped(old: FieldLock, new: FieldLock) -> bool:
    """Whether a field's own type differs; that of its elements or of its object does not count."""
    return old.type != new.type or any(old.facts.get(f) != new.facts.get(f) for f in _SHAPE)


def renamed(old: TypeLock, new: TypeLock) -> dict[str, str]:
    """Fields that went, with those that came in their stead: of the same shape, and no others.

    A pair that also shares every fact goes before one that shares only the shape.
    """
    gone = [name for name in old.fields if name not in new.fields]
    came = [name for name in new.fields if name not in old.fields]
    found: dict[str, str] = {}
    for alike in (_equal, _same_shape):
        for name in gone:
            rest = [one for one in came if one not in found.values()]
            fits = [one for one in rest if alike(old.fields[name], new.fields[one])]
            rivals = [
                one
                for one in gone
                if one not in found and one != name and fits
                if alike(old.fields[one], new.fields[fits[0]])
            ]
            if name not in found and len(fits) == 1 and not rivals:
                found[name] = fits[0]
    return found


def _equal(old: FieldLock, new: FieldLock) -> bool:
    return old == new


def _same_shape(old: FieldLock, new: FieldLock) -> bool:
    if retyped(old, new) or old.of != new.of:
        return False
    if old.items is None or new.items is None:
        return old.items is new.items
    return _same_shape(old.items, new.items)
