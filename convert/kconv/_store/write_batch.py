"""Writes and how a batch of them is applied in one transaction.

Order matters for what readers may rely on. Rows are locked first, in key order, then the versions
they are to be written in, and the counter last: whoever holds the counter's row lock commits
before the next resourceVersion is given out, so that resourceVersions become visible in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, tuple_, update

from kconv._errors import AlreadyExists, ConditionFailed, Conflict, StoreError, VersionNotOnRecord
from kconv._store.objects import about, not_found
from kconv._store.records import ChangeType, Key, Stored
from kconv._store.tables import changes, objects, revision, storage_versions
from kconv._store.write import Outcome, Write

_KEY: Final = (objects.c.grp, objects.c.resource, objects.c.namespace, objects.c.name)
_MATCH: Final = tuple(column == bindparam(f"key_{column.name}") for column in _KEY)
_ROWS: Final = (
    select(*_KEY, objects.c.uid, objects.c.resource_version, objects.c.data)
    .where(tuple_(*_KEY).in_(bindparam("keys", expanding=True)))
    .order_by(*_KEY)
    .with_for_update()
)
_VERSION: Final = tuple(storage_versions.c[name] for name in ("grp", "resource", "api_version"))
# Dropping a version deletes its row and so waits for this lock, and the other way round.
_VERSIONS: Final = (
    select(*_VERSION)
    .where(tuple_(*_VERSION).in_(bindparam("versions", expanding=True)))
    .order_by(*_VERSION)
    .with_for_update(read=True, key_share=True)
)
_COUNT: Final = (
    update(revision)
    .values(value=revision.c.value + bindparam("amount"))
    .returning(revision.c.value)
)
_INSERT: Final = insert(objects)
_UPDATE: Final = (
    update(objects)
    .where(*_MATCH)
    .values(
        api_version=bindparam("new_api_version"),
        resource_version=bindparam("new_resource_version"),
        data=bindparam("new_data"),
    )
)
_DELETE: Final = delete(objects).where(*_MATCH)
_LOG: Final = insert(changes)


def apply(connection: Connection, writes: Sequence[Write]) -> list[Outcome]:
    """Do what can be done of these writes, each to another key; one outcome per write.

    A write that is refused (`AlreadyExists`, `NotFound`, `Conflict`, `VersionNotOnRecord`) does
    not hinder the others.
    """
    ordered = sorted(range(len(writes)), key=lambda index: writes[index].key)
    present = _lock_rows(connection, [writes[index].key for index in ordered])
    relied_on = sorted({write.within[0] for write in writes if write.within})
    if relied_on:
        present |= _lock_rows(connection, relied_on)
    recorded = _lock_versions(connection, sorted({write.version for write in writes}))
    outcomes: dict[int, Outcome] = {}
    accepted: list[tuple[int, Write, str]] = []
    for index in ordered:
        write = writes[index]
        uid = present.get(write.key, _ABSENT)[0]
        refusal = _refusal(write, recorded, present)
        if refusal is None:
            accepted.append((index, write, uid or write.uid))
        else:
            outcomes[index] = refusal
    if accepted:
        amount = len(accepted)
        head = connection.execute(_COUNT, {"amount": amount}).scalar_one()
        stamped: list[tuple[Write, Stored]] = []
        # The order in the batch is the order in which the callers came.
        for number, (index, write, uid) in enumerate(sorted(accepted, key=lambda each: each[0])):
            resource_version = head - amount + 1 + number
            stored = Stored(write.key, uid, write.api_version, resource_version, write.data)
            outcomes[index] = stored
            stamped.append((write, stored))
        _keep(connection, stamped)
    return [outcomes[index] for index in range(len(writes))]


Present = dict[Key, tuple[str, int, bytes]]
"""The uid, resourceVersion and data of the rows that are there."""

_ABSENT: Final = ("", 0, b"")


def _lock_rows(connection: Connection, keys: Sequence[Key]) -> Present:
    wanted = [(key.group, key.resource, key.namespace, key.name) for key in keys]
    rows = connection.execute(_ROWS, {"keys": wanted})
    return {Key(*row[:4]): (row[4], row[5], bytes(row[6])) for row in rows}


def _lock_versions(
    connection: Connection, wanted: Sequence[tuple[str, str, str]]
) -> set[tuple[str, str, str]]:
    rows = connection.execute(_VERSIONS, {"versions": wanted})
    return {(row[0], row[1], row[2]) for row in rows}


def _refusal(
    write: Write, recorded: set[tuple[str, str, str]], present: Present
) -> StoreError | None:
    key = write.key
    _, resource_version, data = present.get(key, _ABSENT)
    if write.within is not None:
        other, wanted = write.within
        if present.get(other, _ABSENT)[1] != wanted:
            message = f'{other.qualified} "{other.name}" has been modified or deleted'
            return ConditionFailed(message, about=about(other))
    if write.type == "ADDED":
        if resource_version:
            message = f'{key.qualified} "{key.name}" already exists'
            return AlreadyExists(message, about=about(key))
    elif not resource_version:
        return not_found(key)
    elif resource_version != write.expected or (write.base is not None and write.base != data):
        return Conflict(
            f'Operation cannot be fulfilled on {key.qualified} "{key.name}": the object has been '
            "modified; please apply your changes to the latest version and try again",
            about=about(key),
        )
    if write.version not in recorded:
        return VersionNotOnRecord(
            f'{key.qualified} "{key.name}" cannot be stored as {write.api_version}: '
            "the database's record does not hold that version",
            about=about(key),
        )
    return None


def _keep(connection: Connection, stamped: Sequence[tuple[Write, Stored]]) -> None:
    parameters: dict[ChangeType, list[dict[str, Any]]] = {
        "ADDED": [],
        "MODIFIED": [],
        "DELETED": [],
    }
    log = []
    for write, stored in stamped:
        key = {
            "grp": write.key.group,
            "resource": write.key.resource,
            "namespace": write.key.namespace,
            "name": write.key.name,
        }
        content = {
            "api_version": stored.api_version,
            "resource_version": stored.resource_version,
            "data": stored.data,
        }
        row = key | content | {"uid": stored.uid}
        log.append(row | {"type": write.type, "before": write.before})
        match = {f"key_{name}": value for name, value in key.items()}
        if write.type == "ADDED":
            parameters["ADDED"].append(row)
        elif write.type == "MODIFIED":
            new = {f"new_{name}": value for name, value in content.items()}
            parameters["MODIFIED"].append(match | new)
        else:
            parameters["DELETED"].append(match)
    if parameters["ADDED"]:
        connection.execute(_INSERT, parameters["ADDED"])
    if parameters["MODIFIED"]:
        connection.execute(_UPDATE, parameters["MODIFIED"])
    if parameters["DELETED"]:
        connection.execute(_DELETE, parameters["DELETED"])
    connection.execute(_LOG, log)
