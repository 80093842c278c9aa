"""Re-encoding rows in another version: the bytes change, the objects do not.

A migration does little else than this, so it speaks to the driver in SQL: on SQLite a prepared
statement run over the rows, on PostgreSQL one statement over all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import groupby
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from kconv._errors import UsageError
from kconv._store import counter, quarantine, runs
from kconv._store.records import AsRead, Key
from kconv._store.tables import changes, objects, undo

Rewrite = tuple[AsRead, str, bytes]
"""(as read, new api_version, new data)."""

_encode: Final = msgspec.json.Encoder().encode

_UNDO_COLUMNS: Final = (
    "run, grp, resource, namespace, name, resource_version, api_version, data, "
    "written_api_version, written_digest"
)
# A run that writes a row twice keeps what was there before the first time; but what a writer has
# put there in between is what undoing must bring back.
_UNDO_AGAIN: Final = """
ON CONFLICT (run, grp, resource, namespace, name) DO UPDATE SET
    api_version = CASE WHEN undo.resource_version = excluded.resource_version
        THEN undo.api_version ELSE excluded.api_version END,
    data = CASE WHEN undo.resource_version = excluded.resource_version
        THEN undo.data ELSE excluded.data END,
    resource_version = excluded.resource_version,
    written_api_version = excluded.written_api_version,
    written_digest = excluded.written_digest
"""

# The resourceVersion says that the object is still the one that was read, the version that
# nobody else has re-encoded it since. The plus keeps SQLite from finding the row by the index
# that the statement alters, which takes it longer.
_SQLITE_OBJECT: Final = f"""
UPDATE {objects} SET api_version = ?, data = ?
WHERE grp = ? AND resource = ? AND namespace = ? AND name = ?
    AND resource_version = ? AND +api_version = ?
"""
_SQLITE_UNDO: Final = f"""
INSERT INTO {undo} AS undo ({_UNDO_COLUMNS})
SELECT ?, grp, resource, namespace, name, resource_version, api_version, data, ?, ?
FROM {objects}
WHERE grp = ? AND resource = ? AND namespace = ? AND name = ?
    AND resource_version = ? AND +api_version = ?
{_UNDO_AGAIN}
"""
_SQLITE_CHANGE: Final = f"""
UPDATE {changes} SET api_version = ?, data = ? WHERE resource_version = ? AND +api_version = ?
"""

# LATERAL with a fence (OFFSET 0, FOR UPDATE) makes PostgreSQL look rows up one by one, by primary
# key and in the order of the arrays, whatever its statistics say; those of a table just filled
# say nothing. The update compares again, because not every release of PostgreSQL, once it has
# waited for a writer, looks again whether the row is still at the ctid.
_READ_OBJECTS: Final = f"""
ROWS FROM (
    json_to_recordset(%(rows)s::json) AS (namespace text, name text, resource_version bigint),
    unnest(%(bytes)b::bytea[])
) AS new (namespace, name, resource_version, bytes)
CROSS JOIN LATERAL (
    SELECT o.ctid AS place, o.data FROM {objects} AS o
    WHERE o.grp = %(grp)s AND o.resource = %(resource)s
        AND o.namespace = new.namespace AND o.name = new.name
        AND o.resource_version = new.resource_version AND o.api_version = %(before)s
"""
_OBJECTS: Final = f"""
UPDATE {objects} AS objects SET api_version = %(after)s, data = new.bytes
FROM {_READ_OBJECTS} OFFSET 0) AS found
WHERE objects.ctid = found.place
    AND objects.resource_version = new.resource_version AND objects.api_version = %(before)s
"""
_UNDO: Final = f"""
INSERT INTO {undo} AS undo ({_UNDO_COLUMNS})
SELECT %(run)s, %(grp)s, %(resource)s, new.namespace, new.name, new.resource_version, %(before)s,
    found.data, %(after)s, new.bytes
FROM {_READ_OBJECTS} FOR UPDATE) AS found
{_UNDO_AGAIN}
"""
_CHANGES: Final = f"""
UPDATE {changes} AS changes SET api_version = new.after, data = new.bytes
FROM unnest(%s::bigint[], %s::text[], %s::text[], %b::bytea[])
    AS new (resource_version, before, after, bytes)
CROSS JOIN LATERAL (
    SELECT c.ctid AS place FROM {changes} AS c
    WHERE c.resource_version = new.resource_version AND c.api_version = new.before
    OFFSET 0
) AS found
WHERE changes.ctid = found.place AND changes.api_version = new.before
"""


def rewrite(
    connection: Connection, items: Sequence[Rewrite], run: str | None, keep_undo: bool
) -> int:
    """Re-encode the objects that are still as read; returns how many were.

    ``run`` must be held; with ``keep_undo`` the rows it replaces are kept under it.
    """
    done = put(connection, items, run, keep_undo)
    if done:
        counter.count_rewrite(connection)
    return done


def put(connection: Connection, items: Sequence[Rewrite], run: str | None, keep_undo: bool) -> int:
    """`rewrite` within a transaction that has more to do; it counts the rewrite by itself."""
    if keep_undo and run is None:
        raise UsageError("what a rewrite replaces is kept under the id of a run: give one")
    if run is not None:
        runs.check_held(connection, run)
    if not items:
        return 0
    # In key order, as writers lock rows, so that the two do not wait for each other in a circle
    # (but where versions are mixed they may, and the database has one of them try again).
    ordered = sorted(items, key=_object_order)
    by = _postgresql_objects if connection.dialect.name == "postgresql" else _sqlite_objects
    done = by(connection, ordered, run if keep_undo else None)
    rows = [(stored.key, stored.resource_version) for stored, _, _ in ordered]
    quarantine.rewritten(connection, "objects", rows)
    return done


def rewrite_changes(connection: Connection, items: Sequence[Rewrite], run: str | None) -> int:
    """Re-encode the entries of the change log that are still as read; returns how many were."""
    if run is not None:
        runs.check_held(connection, run)
    if not items:
        return 0
    ordered = sorted(items, key=_change_order)
    if connection.dialect.name == "postgresql":
        arrays = (
            [change.resource_version for change, _, _ in ordered],
            [change.api_version for change, _, _ in ordered],
            [version for _, version, _ in ordered],
            [data for _, _, data in ordered],
        )
        done = connection.exec_driver_sql(_CHANGES, arrays).rowcount
    else:
        rows = [
            (version, data, change.resource_version, change.api_version)
            for change, version, data in ordered
        ]
        done = connection.exec_driver_sql(_SQLITE_CHANGE, rows).rowcount
    places = [(change.key, change.resource_version) for change, _, _ in ordered]
    quarantine.rewritten(connection, "changes", places)
    if done:
        counter.count_rewrite(connection)
    return done


def digest(data: bytes) -> bytes:
    """SHA-256 of the bytes that a run wrote, by which undo sees whether a row still holds them."""
    return sha256(data).digest()


def _sqlite_objects(connection: Connection, items: Sequence[Rewrite], run: str | None) -> int:
    rows = [
        (
            api_version,
            data,
            stored.key.group,
            stored.key.resource,
            stored.key.namespace,
            stored.key.name,
            stored.resource_version,
            stored.api_version,
        )
        for stored, api_version, data in items
    ]
    if run is not None:
        kept = [(run, row[0], digest(row[1]), *row[2:]) for row in rows]
        connection.exec_driver_sql(_SQLITE_UNDO, kept)
    return connection.exec_driver_sql(_SQLITE_OBJECT, rows).rowcount


def _postgresql_objects(connection: Connection, items: Sequence[Rewrite], run: str | None) -> int:
    done = 0
    for shared, page in groupby(items, key=_shared):
        each = list(page)
        arguments: dict[str, Any] = dict(
            zip(("grp", "resource", "before", "after"), shared, strict=True)
        )
        # As JSON: the driver takes twice as long to spell out arrays of texts and numbers.
        arguments["rows"] = _encode([_identity(stored) for stored, _, _ in each]).decode()
        if run is not None:
            kept = {"run": run, "bytes": [digest(data) for _, _, data in each]}
            connection.exec_driver_sql(_UNDO, arguments | kept)
        arguments["bytes"] = [data for _, _, data in each]
        done += connection.exec_driver_sql(_OBJECTS, arguments).rowcount
    return done


def _identity(stored: AsRead) -> dict[str, object]:
    key = stored.key
    return {
        "namespace": key.namespace,
        "name": key.name,
        "resource_version": stored.resource_version,
    }


def _shared(item: Rewrite) -> tuple[str, str, str, str]:
    stored, api_version, _ = item
    return stored.key.group, stored.key.resource, stored.api_version, api_version


def _object_order(item: Rewrite) -> tuple[str, str, Key]:
    stored, api_version, _ = item
    return stored.api_version, api_version, stored.key


def _change_order(item: Rewrite) -> int:
    return item[0].resource_version
