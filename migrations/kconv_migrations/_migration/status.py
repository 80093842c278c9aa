"""What a place holds: rows per collection and the version they are in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kconv.place import OBJECTS, Collection, Place


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """A version on record, and how many rows of each section are in it."""

    api_version: str
    preferred: bool
    sections: Mapping[str, int] = field(default_factory=dict)

    @property
    def objects(self) -> int:
        """Objects in it."""
        return self.sections.get(OBJECTS, 0)

    @property
    def rows(self) -> int:
        """Rows of all sections in it."""
        return sum(self.sections.values())


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """A collection and the versions that are on record for it."""

    collection: Collection
    versions: tuple[VersionStatus, ...]

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.collection.name

    @property
    def preferred(self) -> str:
        """The version that new rows are written in; empty where none is preferred."""
        return next((each.api_version for each in self.versions if each.preferred), "")

    @property
    def left(self) -> int:
        """Rows that are not in the preferred version."""
        return sum(each.rows for each in self.versions if not each.preferred)

    @property
    def settled(self) -> bool:
        """Whether the preferred version is the only one on record."""
        return [each.preferred for each in self.versions] == [True]


def preferred_versions(place: Place) -> dict[str, str]:
    """The version that new rows of each collection are written in; without counting any rows."""
    return {each.collection: each.version for each in place.versions() if each.preferred}


def rows_elsewhere(place: Place, targets: Mapping[str, str]) -> Counter[str]:
    """How many rows of each collection can be rewritten in the version that ``targets`` says."""
    found: Counter[str] = Counter()
    reads = {each.name: each.reads for each in place.collections() if each.name in targets}
    for each in place.counts():
        name = each.collection
        if name in reads and each.version != targets[name] and reads[name](each.version):
            found[name] += each.rows
    return found


def status(place: Place) -> list[CollectionStatus]:
    """Every collection on record, in the place's order; versions in the record's order."""
    preferred = preferred_versions(place)
    found: dict[str, dict[str, dict[str, int]]] = {}
    for row in place.counts():
        found.setdefault(row.collection, {}).setdefault(row.version, {})[row.section] = row.rows
    return [
        CollectionStatus(
            collection,
            tuple(
                VersionStatus(version, version == preferred.get(collection.name), sections)
                for version, sections in found[collection.name].items()
            ),
        )
        for collection in place.collections()
        if collection.name in found
    ]


def undecodable(found: Iterable[CollectionStatus]) -> list[tuple[str, VersionStatus]]:
    """Versions on record that the code does not have, though rows are or would be in them."""
    return [
        (each.name, version)
        for each in found
        for version in each.versions
        if (version.rows or version.preferred) and not each.collection.reads(version.api_version)
    ]
