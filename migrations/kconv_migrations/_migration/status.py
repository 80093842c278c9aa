"""What a database holds: rows per resource and the version they are encoded in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kconv._gvk import GroupResource, GroupVersion
from kconv._scheme import Scheme
from kconv._store import Store


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """A version on record: how many objects and entries of the change log are encoded in it."""

    api_version: str
    preferred: bool
    objects: int
    changes: int

    @property
    def rows(self) -> int:
        """Objects and changes together."""
        return self.objects + self.changes


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    """A resource and the versions that the database has on record for it."""

    resource: GroupResource
    versions: tuple[VersionStatus, ...]

    @property
    def preferred(self) -> str:
        """The version that new rows are encoded in; empty where none is preferred."""
        return next((each.api_version for each in self.versions if each.preferred), "")

    @property
    def left(self) -> int:
        """Rows that are not in the preferred version."""
        return sum(each.rows for each in self.versions if not each.preferred)

    @property
    def settled(self) -> bool:
        """Whether the preferred version is the only one on record."""
        return [each.preferred for each in self.versions] == [True]


def preferred_versions(store: Store) -> dict[GroupResource, str]:
    """The version that new rows of each resource are encoded in; without counting any rows."""
    return {
        GroupResource(each.group, each.resource): each.api_version
        for each in store.storage_versions()
        if each.preferred
    }


def status(store: Store) -> list[ResourceStatus]:
    """Every resource on record, ordered by group and name; versions in the record's order."""
    preferred = preferred_versions(store)
    found: dict[GroupResource, list[VersionStatus]] = {}
    for row in store.counts():
        resource = GroupResource(row.group, row.resource)
        is_preferred = row.api_version == preferred.get(resource)
        version = VersionStatus(row.api_version, is_preferred, row.objects, row.changes)
        found.setdefault(resource, []).append(version)
    return [ResourceStatus(resource, tuple(versions)) for resource, versions in found.items()]


def undecodable(
    scheme: Scheme, found: Iterable[ResourceStatus]
) -> list[tuple[GroupResource, VersionStatus]]:
    """Versions on record that the scheme does not have, though rows are or would be in them."""
    kinds = {kind.group_resource: kind for kind in scheme.kinds}
    return [
        (each.resource, version)
        for each in found
        for version in each.versions
        if (version.rows or version.preferred)
        and (
            each.resource not in kinds
            or kinds[each.resource].spoke_for(GroupVersion.parse(version.api_version)) is None
        )
    ]
