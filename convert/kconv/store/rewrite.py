"""Re-encoding rows in another version: the bytes change, the objects do not.

A migration does little else than this, so it speaks to the driver in SQL: one statement over many
rows, given as values on SQLite and as arrays on PostgreSQL. Within a statement the driver leaves
the interpreter to the threads that read and convert; between two it has to wait for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from kconv.errors import UsageError
from kconv.store import quarantine, runs
from kconv.store.records import Change, Key, Stored

ObjectRewrite = tuple[Stored, str, bytes]
"""(as read, new api_version, new data)."""

ChangeRewrite = tuple[Change, str, bytes]
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
# nobody else has re-encoded it since. Each plus keeps SQLite from an index that would be worse
# than the primary key: the one that the statement alters, or one of its own making over the new
# rows. What is the same for all rows comes with each: at constants it may have a bloom filter made
# of the whole table for each statement, once the table has been analyzed.
_SQLITE_FOUND: Final = """
    objects.grp = +new.grp AND objects.resource = +new.resource
    AND objects.namespace = +new.namespace AND objects.name = +new.name
    AND objects.resource_version = +new.resource_version AND +objects.api_version = +new.before
"""
_SQLITE_OBJECTS: Final = f"""
UPDATE objects SET api_version = new.after, data = new.bytes FROM {{new}} WHERE {_SQLITE_FOUND}
"""
_SQLITE_UNDO: Final = f"""
INSERT INTO undo ({_UNDO_COLUMNS})
SELECT ?, objects.grp, objects.resource, objects.namespace, objects.name,
    objects.resource_version, api_version, data, new.after, new.bytes
FROM {{new}} CROSS JOIN objects WHERE {_SQLITE_FOUND}
{_UNDO_AGAIN}
"""
_SQLITE_ROWS: Final = 500
"""Rows in a statement: more than enough, and far fewer parameters than SQLite takes."""

_SQLITE_CHANGE: Final = """
UPDATE changes SET api_version = ?, data = ? WHERE resource_version = ? AND +api_version = ?
"""

# LATERAL with a fence (OFFSET 0, FOR UPDATE) makes PostgreSQL look rows up one by one, by primary
# key and in the order of the arrays, whatever its statistics say; those of a table just filled
# say nothing. The update compares again, because not every release of PostgreSQL, once it has
# waited for a writer, looks again whether the row is still at the ctid.
_READ_OBJECTS: Final = """
ROWS FROM (
    json_to_recordset(%(rows)s::json) AS (namespace text, name text, resource_version bigint),
    unnest(%(bytes)b::bytea[])
) AS new (namespace, name, resource_version, bytes)
CROSS JOIN LATERAL (
    SELECT o.ctid AS place, o.data FROM objects AS o
    WHERE o.grp = %(grp)s AND o.resource = %(resource)s
        AND o.namespace = new.namespace AND o.name = new.name
        AND o.resource_version = new.resource_version AND o.api_version = %(before)s
"""
_OBJECTS: Final = f"""
UPDATE objects SET api_version = %(after)s, data = new.bytes
FROM {_READ_OBJECTS} OFFSET 0) AS found
WHERE objects.ctid = found.place
    AND objects.resource_version = new.resource_version AND objects.api_version = %(before)s
"""
_UNDO: Final = f"""
INSERT INTO undo ({_UNDO_COLUMNS})
SELECT %(run)s, %(grp)s, %(resource)s, new.namespace, new.name, new.resource_version, %(before)s,
    found.data, %(after)s, new.bytes
FROM {_READ_OBJECTS} FOR UPDATE) AS found
{_UNDO_AGAIN}
"""
_CHANGES: Final = """
UPDATE changes SET api_version = new.after, data = new.bytes
FROM unnest(%s::bigint[], %s::text[], %s::text[], %b::bytea[])
    AS new (resource_version, before, after, bytes)
CROSS JOIN LATERAL (
    SELECT c.ctid AS place FROM changes AS c
    WHERE c.resource_version = new.resource_version AND c.api_version = new.before
    OFFSET 0
) AS found
WHERE changes.ctid = found.place AND changes.api_version = new.before
"""


def rewrite(
    connection: Connection, items: Sequence[ObjectRewrite], run: str | None, keep_undo: bool
) -> int:
    """Re-encode the objects that are still as read; returns how many were.

    ``run`` must be held; with ``keep_undo`` the rows it replaces are kept under it.
    """
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


def rewrite_changes(connection: Connection, items: Sequence[ChangeRewrite], run: str | None) -> int:
    """Re-encode the entries of the change log that are still as read; returns how many were."""
    if run is not None:
        runs.check_held(connection, run)
    if not items:
        return 0
    ordered = sorted(items, key=_change_order)
    if connection.dialect.name == "postgresql":
        arrays = (
            [change.stored.resource_version for change, _, _ in ordered],
            [change.stored.api_version for change, _, _ in ordered],
            [version for _, version, _ in ordered],
            [data for _, _, data in ordered],
        )
        done = connection.exec_driver_sql(_CHANGES, arrays).rowcount
    else:
        rows = [
            (version, data, change.stored.resource_version, change.stored.api_version)
            for change, version, data in ordered
        ]
        done = connection.exec_driver_sql(_SQLITE_CHANGE, rows).rowcount
    places = [(change.stored.key, change.stored.resource_version) for change, _, _ in ordered]
    quarantine.rewritten(connection, "changes", places)
    return done


def digest(data: bytes) -> bytes:
    """What tells whether a row still holds the bytes that a run wrote."""
    return sha256(data).digest()


def _sqlite_objects(connection: Connection, items: Sequence[ObjectRewrite], run: str | None) -> int:
    done = 0
    for start in range(0, len(items), _SQLITE_ROWS):
        page = items[start : start + _SQLITE_ROWS]
        if run is not None:
            values = _values(page, [digest(data) for _, _, data in page])
            connection.exec_driver_sql(_with_new(_SQLITE_UNDO, len(page)), (run, *values))
        values = _values(page, [data for _, _, data in page])
        statement = _with_new(_SQLITE_OBJECTS, len(page))
        done += connection.exec_driver_sql(statement, tuple(values)).rowcount
    return done


_NEW: Final = (
    "grp", "resource", "namespace", "name", "resource_version", "before", "after", "bytes",
)  # fmt: skip


@lru_cache(maxsize=8)
def _with_new(statement: str, rows: int) -> str:
    """A statement for SQLite that reads so many rows of `_values` as ``new``."""
    columns = ", ".join(f"column{number} AS {name}" for number, name in enumerate(_NEW, 1))
    row = f"({','.join('?' * len(_NEW))})"
    values = ",".join([row] * rows)
    return statement.format(new=f"(SELECT {columns} FROM (VALUES {values})) AS new")


def _values(items: Sequence[ObjectRewrite], data: Sequence[bytes]) -> list[object]:
    found: list[object] = []
    for (stored, after, _), each in zip(items, data, strict=True):
        key = stored.key
        found += (
            key.group,
            key.resource,
            key.namespace,
            key.name,
            stored.resource_version,
            stored.api_version,
            after,
            each,
        )
    return found


def _postgresql_objects(
    connection: Connection, items: Sequence[ObjectRewrite], run: str | None
) -> int:
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


def _identity(stored: Stored) -> dict[str, object]:
    key = stored.key
    return {
        "namespace": key.namespace,
        "name": key.name,
        "resource_version": stored.resource_version,
    }


def _shared(item: ObjectRewrite) -> tuple[str, str, str, str]:
    stored, api_version, _ = item
    return stored.key.group, stored.key.resource, stored.api_version, api_version


def _object_order(item: ObjectRewrite) -> tuple[str, str, Key]:
    stored, api_version, _ = item
    return stored.api_version, api_version, stored.key


def _change_order(item: ChangeRewrite) -> int:
    return item[0].stored.resource_version
