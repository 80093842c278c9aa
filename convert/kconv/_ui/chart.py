"""Rows by version over time, as areas stacked on each other; the template draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from kconv._ui.history import Sample

WIDTH, HEIGHT = 600.0, 96.0
COLOURS: Final = 5
"""How many colours the style sheet has."""


@dataclass(frozen=True, slots=True)
class Area:
    """A version's share; ``points`` is for a polygon in a box of `WIDTH` and `HEIGHT`."""

    version: str
    colour: int
    points: str
    rows: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A collection's chart: from when to when, and the most rows at any time."""

    collection: str
    areas: tuple[Area, ...]
    since: datetime
    until: datetime
    most: int

    @property
    def summary(self) -> str:
        """The chart in words, for who cannot see it."""
        return f"{self.collection}: " + ", ".join(
            f"{each.rows:,} rows in {each.version}" for each in self.areas
        )


def charts(samples: Sequence[Sample]) -> list[Chart]:
    """A chart for each collection that has rows, of a kind that has several versions.

    Or that has had rows in several, which the code does not need to have.
    """
    if not samples:
        return []
    last = samples[-1]
    found = []
    for status in last.status:
        versions = dict.fromkeys(
            version
            for sample in samples
            for version, rows in sample.rows(status.name).items()
            if rows
        )
        kind = status.collection.kind
        known = 0 if kind is None else len({spoke.api_version for spoke in kind.spokes})
        if len(versions) > 1 or (versions and known > 1):
            found.append(chart(status.name, list(versions), samples))
    return found


def chart(collection: str, versions: Sequence[str], samples: Sequence[Sample]) -> Chart:
    """The chart of one collection."""
    rows = [sample.rows(collection) for sample in samples]
    most = max(max(sum(each.values()) for each in rows), 1)
    first, last = samples[0].at, samples[-1].at
    span = last - first
    across = [0.0, WIDTH] if span <= 0 else [(each.at - first) / span * WIDTH for each in samples]
    if span <= 0:
        rows = [rows[-1], rows[-1]]
    below = [0] * len(rows)
    areas = []
    ordered = sorted(versions)
    for number, version in enumerate(ordered):
        above = [under + each.get(version, 0) for under, each in zip(below, rows, strict=True)]
        line = list(zip(across, above, strict=True))
        back = list(zip(across, below, strict=True))[::-1]
        points = " ".join(f"{x:.1f},{HEIGHT - y / most * HEIGHT:.1f}" for x, y in [*line, *back])
        areas.append(Area(version, number % COLOURS, points, rows[-1].get(version, 0)))
        below = above
    return Chart(
        collection,
        tuple(areas),
        datetime.fromtimestamp(first, UTC),
        datetime.fromtimestamp(last, UTC),
        most,
    )
