"""Before-images: what a run replaced, kept until dropped, so that the run can be undone.

Only objects have them. An entry of the change log says the same in either version and is soon
compacted; the next migration brings the log along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, select, tuple_

from kconv._store import counter, runs, scan, version_record
from kconv._store.objects import COLUMNS, as_stored
from kconv._store.records import Key, Stored
from kconv._store.rewrite import digest, put
from kconv._store.tables import objects, undo
from kconv.place import UndoSize

_KEY: Final = (undo.c.grp, undo.c.resource, undo.c.namespace, undo.c.name)
_LOCK_STEP: Final = 500
_OBJECT: Final = ", ".join(f"o.{column.name}" for column in COLUMNS)

# SQLite looks up several keys (`IN (VALUES …)`) by reading the whole table, but those of a join one
# by one; a CROSS JOIN keeps the order of its sides. PostgreSQL may read it too, where it knows
# little of the table: see `rewrite` for LATERAL.
_SQLITE_LOOK: Final = f"""
WITH wanted (grp, resource, namespace, name) AS (VALUES {{wanted}})
SELECT {_OBJECT} FROM wanted CROSS JOIN {objects} AS o
    ON o.grp = wanted.grp AND o.resource = wanted.resource
        AND o.namespace = wanted.namespace AND o.name = wanted.name
"""
_LOCK: Final = f"""
SELECT found.* FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])
    AS wanted (grp, resource, namespace, name)
CROSS JOIN LATERAL (
    SELECT {_OBJECT} FROM {objects} AS o
    WHERE o.grp = wanted.grp AND o.resource = wanted.resource
        AND o.namespace = wanted.namespace AND o.name = wanted.name
    FOR UPDATE
) AS found
"""


_IMAGE: Final = ", ".join(
    f"u.{name}"
    for name in (
        "grp", "resource", "namespace", "name", "resource_version", "api_version", "data",
        "written_api_version", "written_digest",
    )
)  # fmt: skip
_SQLITE_FIND: Final = f"""
WITH wanted (namespace, name) AS (VALUES {{wanted}})
SELECT {_IMAGE} FROM wanted CROSS JOIN {undo} AS u
    ON u.run = ? AND u.grp = ? AND u.resource = ?
        AND u.namespace = wanted.namespace AND u.name = wanted.name
"""
_FIND: Final = f"""
SELECT found.* FROM unnest(%s::text[], %s::text[]) AS wanted (namespace, name)
CROSS JOIN LATERAL (
    SELECT {_IMAGE} FROM {undo} AS u
    WHERE u.run = %s AND u.grp = %s AND u.resource = %s
        AND u.namespace = wanted.namespace AND u.name = wanted.name
    OFFSET 0
) AS found
"""


# What the row held may be what the run had written before: then the image of then stays.
_SQLITE_KEEP: Final = f"""
INSERT INTO {undo} AS u (run, grp, resource, namespace, name, resource_version, api_version, data,
    written_api_version, written_digest)
VALUES (?, ?, ?, '', ?, 0, ?, ?, ?, ?)
ON CONFLICT (run, grp, resource, namespace, name) DO UPDATE SET
    api_version = CASE WHEN u.written_digest = ? THEN u.api_version ELSE excluded.api_version END,
    data = CASE WHEN u.written_digest = ? THEN u.data ELSE excluded.data END,
    written_api_version = excluded.written_api_version,
    written_digest = excluded.written_digest
"""
_KEEP: Final = f"""
WITH new AS (
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %b::bytea[],
        %s::text[], %b::bytea[], %b::bytea[])
    AS new (run, grp, resource, name, api_version, data, written_api_version, written_digest, read)
)
INSERT INTO {undo} AS u (run, grp, resource, namespace, name, resource_version, api_version, data,
    written_api_version, written_digest)
SELECT new.run, new.grp, new.resource, '', new.name, 0,
    CASE WHEN b.written_digest = new.read THEN b.api_version ELSE new.api_version END,
    CASE WHEN b.written_digest = new.read THEN b.data ELSE new.data END,
    new.written_api_version, new.written_digest
FROM new LEFT JOIN LATERAL (
    SELECT k.api_version, k.data, k.written_digest FROM {undo} AS k
    WHERE k.run = new.run AND k.grp = new.grp AND k.resource = new.resource AND k.namespace = ''
        AND k.name = new.name OFFSET 0
) AS b ON true
ON CONFLICT (run, grp, resource, namespace, name) DO UPDATE SET
    api_version = excluded.api_version,
    data = excluded.data,
    written_api_version = excluded.written_api_version,
    written_digest = excluded.written_digest
"""


@dataclass(frozen=True, slots=True)
class BeforeImage:
    """An object as it was before a run, and what the run wrote in its place.

    ``data`` is its JSON in ``api_version``; the run wrote bytes whose SHA-256 is
    ``written_digest`` in ``written_api_version``, and left ``resource_version``.
    """

    key: Key
    resource_version: int
    api_version: str
    data: bytes
    written_api_version: str
    written_digest: bytes


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of before-images.

    ``restored`` are in place again; ``written`` were not, because the object has been written or
    re-encoded since, nor ``deleted``, because it has been deleted.
    """

    restored: tuple[BeforeImage, ...] = ()
    written: tuple[BeforeImage, ...] = ()
    deleted: tuple[BeforeImage, ...] = ()


_PAGE: Final = (
    select(
        *_KEY,
        undo.c.resource_version,
        undo.c.api_version,
        undo.c.data,
        undo.c.written_api_version,
        undo.c.written_digest,
    )
    .where(
        undo.c.run == bindparam("of_run"),
        tuple_(*_KEY) > tuple_(*(bindparam(f"after_{column.name}") for column in _KEY)),
    )
    .order_by(*_KEY)
    .limit(bindparam("most"))
)
_FORGET: Final = delete(undo).where(
    undo.c.run == bindparam("of_run"),
    *(column == bindparam(f"key_{column.name}") for column in _KEY),
)


def size(connection: Connection, run: str) -> UndoSize:
    """What a run's before-images take."""
    statement = select(func.count(), func.sum(func.length(undo.c.data))).where(undo.c.run == run)
    rows, data = connection.execute(statement).one()
    return UndoSize(rows, int(data or 0))


def page(connection: Connection, run: str, after: Key | None, limit: int) -> list[BeforeImage]:
    """A run's before-images by key, within `scan.PAGE_BYTES`."""
    start = after or Key("", "", "", "")
    parameters = {
        "of_run": run,
        "after_grp": start.group,
        "after_resource": start.resource,
        "after_namespace": start.namespace,
        "after_name": start.name,
        "most": limit,
    }
    return scan.rows_within(connection, _PAGE, parameters, undo, _as_image)


def find(
    connection: Connection, run: str, group: str, resource: str, names: Sequence[tuple[str, str]]
) -> list[BeforeImage]:
    """The before-images that a run has of objects, each (namespace, name)."""
    found: list[BeforeImage] = []
    for start in range(0, len(names), _LOCK_STEP):
        step = names[start : start + _LOCK_STEP]
        if connection.dialect.name == "postgresql":
            columns = ([space for space, _ in step], [name for _, name in step])
            result = connection.exec_driver_sql(_FIND, (*columns, run, group, resource))
        else:
            wanted = ", ".join(["(?, ?)"] * len(step))
            values = tuple(value for name in step for value in name)
            statement = _SQLITE_FIND.format(wanted=wanted)
            result = connection.exec_driver_sql(statement, (*values, run, group, resource))
        found += [_as_image(row) for row in result]
    return found


def restore(
    connection: Connection,
    run: str,
    items: Sequence[BeforeImage],
    live: float | None,
    held: str | None = None,
) -> Restored:
    """Put back the rows that still are what the run wrote, and forget their before-images.

    Versions that have left the record since come back on it, where each server seen within
    ``live`` seconds can decode them. ``held`` is the run that does so, if any. Raises `Conflict`,
    also when it is no longer held.
    """
    if held is not None:
        runs.check_held(connection, held)
    if not items:
        return Restored()
    present = _lock(connection, sorted(each.key for each in items))
    restored, written, deleted = [], [], []
    back: list[tuple[Stored, str, bytes]] = []
    for each in items:
        stored = present.get(each.key)
        if stored is None:
            deleted.append(each)
        elif _is_what_the_run_wrote(stored, each):
            restored.append(each)
            back.append((stored, each.api_version, each.data))
        else:
            written.append(each)
    for group, resource, version in sorted(
        {(each.key.group, each.key.resource, each.api_version) for each in restored}
    ):
        version_record.put_on_record(connection, group, resource, version, live)
    done = put(connection, back, None, keep_undo=False)
    assert done == len(back), "the rows are locked"
    if restored:
        forget(connection, run, [each.key for each in restored])
        counter.count_rewrite(connection)
    return Restored(tuple(restored), tuple(written), tuple(deleted))


def keep(connection: Connection, images: Sequence[tuple[Any, ...]]) -> None:
    """Keep before-images of rows that are not in `objects`, in the transaction that writes them.

    Each is (run, grp, resource, name, version, data, version written, digest of what is written,
    digest of what the row held).
    """
    if not images:
        return
    if connection.dialect.name == "postgresql":
        arrays = tuple(map(list, zip(*images, strict=True)))
        connection.exec_driver_sql(_KEEP, arrays)
    else:
        connection.exec_driver_sql(_SQLITE_KEEP, [(*each, each[-1]) for each in images])


def forget(connection: Connection, run: str, keys: Sequence[Key]) -> None:
    """Forget the before-images of some rows."""
    if keys:
        connection.execute(_FORGET, [_forgotten(run, key) for key in keys])


def drop(connection: Connection, run: str, most: int) -> int:
    """Forget the first ``most`` before-images of a run; returns how many there were."""
    last = connection.execute(
        select(*_KEY).where(undo.c.run == run).order_by(*_KEY).offset(most - 1).limit(1)
    ).one_or_none()
    statement = delete(undo).where(undo.c.run == run)
    if last is not None:
        statement = statement.where(tuple_(*_KEY) <= tuple_(*last))
    return connection.execute(statement).rowcount


def _lock(connection: Connection, keys: Sequence[Key]) -> dict[Key, Stored]:
    """The objects that are there, locked in the order of the keys."""
    found: dict[Key, Stored] = {}
    for start in range(0, len(keys), _LOCK_STEP):
        step = keys[start : start + _LOCK_STEP]
        rows = [(key.group, key.resource, key.namespace, key.name) for key in step]
        if connection.dialect.name == "postgresql":
            columns = tuple(list(column) for column in zip(*rows, strict=True))
            result = connection.exec_driver_sql(_LOCK, columns)
        else:
            wanted = ", ".join(["(?, ?, ?, ?)"] * len(rows))
            values = tuple(value for row in rows for value in row)
            result = connection.exec_driver_sql(_SQLITE_LOOK.format(wanted=wanted), values)
        for row in result:
            stored = as_stored(row)
            found[stored.key] = stored
    return found


def _is_what_the_run_wrote(stored: Stored, image: BeforeImage) -> bool:
    return (
        stored.resource_version == image.resource_version
        and stored.api_version == image.written_api_version
        and digest(stored.data) == image.written_digest
    )


def _forgotten(run: str, key: Key) -> dict[str, Any]:
    values = (key.group, key.resource, key.namespace, key.name)
    names = (f"key_{column.name}" for column in _KEY)
    return {"of_run": run} | dict(zip(names, values, strict=True))


def _as_image(row: Sequence[Any]) -> BeforeImage:
    group, resource, namespace, name, number, api_version, data, written, written_digest = row
    key = Key(group, resource, namespace, name)
    return BeforeImage(key, number, api_version, bytes(data), written, bytes(written_digest))
