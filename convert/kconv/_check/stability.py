"""Which of two versions is less stable."""

from __future__ import annotations

from kconv._gvk import Level, level

_ORDER = (Level.STABLE, Level.BETA, Level.ALPHA)


def less_stable(one: str, other: str) -> bool:
    """Whether a version is of a less stable level than another."""
    return _ORDER.index(level(one)) > _ORDER.index(level(other))


def most_stable(*levels: Level) -> Level:
    """The most stable of some levels."""
    return min(levels, key=_ORDER.index)
