"""Re-encoding rows in another version: the bytes change, the objects do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, update

from kconv.store.records import Change, Stored
from kconv.store.tables import changes, objects

_NEW: Final[dict[str, Any]] = {
    "api_version": bindparam("new_api_version"),
    "data": bindparam("new_data"),
}

# The resourceVersion says that the object is still the one that was read, the version that
# nobody else has re-encoded it since.
_OBJECT: Final = (
    update(objects)
    .where(
        objects.c.grp == bindparam("key_grp"),
        objects.c.resource == bindparam("key_resource"),
        objects.c.namespace == bindparam("key_namespace"),
        objects.c.name == bindparam("key_name"),
        objects.c.resource_version == bindparam("read_resource_version"),
        objects.c.api_version == bindparam("read_api_version"),
    )
    .values(_NEW)
)
_CHANGE: Final = (
    update(changes)
    .where(
        changes.c.resource_version == bindparam("read_resource_version"),
        changes.c.api_version == bindparam("read_api_version"),
    )
    .values(_NEW)
)


def rewrite(connection: Connection, items: Sequence[tuple[Stored, str, bytes]]) -> int:
    """Re-encode the objects that are still as read; returns how many were."""
    if not items:
        return 0
    # In key order, as writers lock rows, so that the two never wait for each other in a circle.
    ordered = sorted(items, key=lambda item: item[0].key)
    parameters = [
        {
            "key_grp": stored.key.group,
            "key_resource": stored.key.resource,
            "key_namespace": stored.key.namespace,
            "key_name": stored.key.name,
            "read_resource_version": stored.resource_version,
            "read_api_version": stored.api_version,
            "new_api_version": api_version,
            "new_data": data,
        }
        for stored, api_version, data in ordered
    ]
    return connection.execute(_OBJECT, parameters).rowcount


def rewrite_changes(connection: Connection, items: Sequence[tuple[Change, str, bytes]]) -> int:
    """Re-encode the entries of the change log that are still as read; returns how many were."""
    if not items:
        return 0
    ordered = sorted(items, key=lambda item: item[0].stored.resource_version)
    parameters = [
        {
            "read_resource_version": change.stored.resource_version,
            "read_api_version": change.stored.api_version,
            "new_api_version": api_version,
            "new_data": data,
        }
        for change, api_version, data in ordered
    ]
    return connection.execute(_CHANGE, parameters).rowcount
