"""Keys and rows of kconv's own store, as a place has them and as the store does."""

from __future__ import annotations

from typing import Final, NamedTuple

from kconv._gvk import GroupResource
from kconv._store import records
from kconv._store.quarantine import Quarantined as StoredEntry
from kconv.place import OBJECTS, Key, Quarantined, Row, RowName

CHANGES: Final = "changes"
"""The section of the change log, whose keys are (namespace, name, resourceVersion)."""


class ObjectKey(NamedTuple):
    """Where an object is."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class ChangeKey(NamedTuple):
    """Which entry of the change log it is, and of what."""

    namespace: str
    name: str
    resource_version: int

    def __str__(self) -> str:
        return str(ObjectKey(self.namespace, self.name))


def collection_name(group: str, resource: str) -> str:
    """What the collection of a resource is called."""
    return records.qualified(group, resource)


def group_and_resource(collection: str) -> tuple[str, str]:
    """The resource that a collection is of."""
    found = GroupResource.parse(collection)
    return found.group, found.resource


def object_names(key: Key | None) -> tuple[str, str] | None:
    """The namespace and name in the key of an object."""
    return None if key is None else (str(key[0]), str(key[1]))


def change_number(key: Key | None) -> int | None:
    """The resourceVersion in the key of a change."""
    if key is None:
        return None
    number = key[2]
    assert isinstance(number, int), "as `page` made it"
    return number


def object_key(collection: str, key: Key) -> records.Key:
    """The key that the store has for an object."""
    return records.Key(*group_and_resource(collection), str(key[0]), str(key[1]))


def change_row(stored: records.Stored) -> Row:
    """An entry of the change log as a row."""
    number = stored.resource_version
    key = ChangeKey(stored.key.namespace, stored.key.name, number)
    return Row(key, stored.api_version, number, stored.data)


def row_name(key: records.Key) -> RowName:
    """An object as a place names it."""
    return RowName(collection_name(key.group, key.resource), ObjectKey(key.namespace, key.name))


def as_stored_entry(entry: Quarantined) -> StoredEntry:
    """An entry of the quarantine as the store has it."""
    assert isinstance(entry.mark, int), "as `page` made it"
    return StoredEntry(
        run=entry.run,
        key=object_key(entry.collection, entry.key),
        resource_version=entry.mark,
        api_version=entry.version,
        where="objects" if entry.section == OBJECTS else "changes",
        reason=entry.reason,
        message=entry.message,
        findings=entry.findings,
        since=entry.since,
    )


def as_entry(stored: StoredEntry) -> Quarantined:
    """An entry of the quarantine as a place has it."""
    number = stored.resource_version
    key = ObjectKey(stored.key.namespace, stored.key.name)
    return Quarantined(
        run=stored.run,
        collection=collection_name(stored.key.group, stored.key.resource),
        section=stored.where,
        key=key if stored.where == OBJECTS else ChangeKey(*key, number),
        version=stored.api_version,
        mark=number,
        reason=stored.reason,
        message=stored.message,
        findings=stored.findings,
        since=stored.since,
    )
