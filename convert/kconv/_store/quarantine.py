"""Rows that a run could not rewrite, and why.

An entry speaks of a row at one resourceVersion and in one version. Writers do not look here: once
the row is written or deleted, the entry no longer fits it and is shown no more; a rewrite, which
leaves the resourceVersion, removes the entry in its own transaction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    literal,
    or_,
    select,
)

from kconv._store.clock import as_datetime, now
from kconv._store.records import Key
from kconv._store.tables import OTHER_PLACES, changes, objects, quarantine
from kconv.place import NEVER

Place = Literal["objects", "changes"]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that ``run`` left as it was: the object, or one entry of its change log (``where``).

    ``reason`` and ``message`` are the error's, ``findings`` its (path, reason, message);
    ``since`` is set by the store.
    """

    run: str
    key: Key
    resource_version: int
    api_version: str
    where: Place
    reason: str
    message: str
    findings: tuple[tuple[str, ...], ...] = ()
    since: datetime = NEVER


_ENTRY: Final = tuple(
    quarantine.c[name] == bindparam(f"entry_{name}")
    for name in ("grp", "resource", "namespace", "name", "place", "resource_version")
)
_SOME: Final = select(quarantine.c.name).where(quarantine.c.place == bindparam("in_place")).limit(1)
_DELETE: Final = delete(quarantine).where(*_ENTRY)


def add(connection: Connection, entries: Sequence[Quarantined]) -> None:
    """Record rows, in place of what was recorded of them before."""
    if not entries:
        return
    ordered = sorted(entries, key=lambda each: (each.key, each.where, each.resource_version))
    remove(connection, ordered)
    moment_now = now(connection)
    latest = {(each.key, each.where, each.resource_version): each for each in ordered}
    connection.execute(insert(quarantine), [_row(each, moment_now) for each in latest.values()])


def remove(connection: Connection, entries: Sequence[Quarantined]) -> int:
    """Forget what is recorded of these rows; returns how many were."""
    places = [(each.key, each.where, each.resource_version) for each in entries]
    return _remove(connection, places)


def is_empty(connection: Connection, place: Place) -> bool:
    """Whether nothing at all is in quarantine; nearly always so, and a rewrite is to be fast."""
    return connection.execute(_SOME, {"in_place": place}).first() is None


def rewritten(connection: Connection, place: Place, rows: Sequence[tuple[Key, int]]) -> None:
    """Forget rows (key, resourceVersion) that have been rewritten."""
    if not is_empty(connection, place):
        _remove(connection, [(key, place, number) for key, number in rows])


def entries(connection: Connection, group: str | None, resource: str | None) -> list[Quarantined]:
    """What is in quarantine, ordered by key and resourceVersion."""
    statement = select(quarantine).where(_still_fits())
    if group is not None:
        statement = statement.where(quarantine.c.grp == group)
    if resource is not None:
        statement = statement.where(quarantine.c.resource == resource)
    order = ("grp", "resource", "namespace", "name", "place", "resource_version")
    rows = connection.execute(statement.order_by(*(quarantine.c[name] for name in order)))
    return [_entry(row) for row in rows.mappings()]


def entries_of(
    connection: Connection, group: str, resource: str | None, run: str | None = None
) -> list[Quarantined]:
    """What is recorded of rows of a group, whether or not they are still as they were."""
    statement = select(quarantine).where(quarantine.c.grp == group)
    if resource is not None:
        statement = statement.where(quarantine.c.resource == resource)
    if run is not None:
        statement = statement.where(quarantine.c.run == run)
    order = ("resource", "name", "place", "resource_version")
    rows = connection.execute(statement.order_by(*(quarantine.c[name] for name in order)))
    return [_entry(row) for row in rows.mappings()]


def sweep(connection: Connection) -> None:
    """Remove the entries that no longer fit a row."""
    own = ~quarantine.c.grp.startswith(OTHER_PLACES)
    connection.execute(delete(quarantine).where(own, ~_still_fits()))


def of_row(table: Table, run: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a row of `objects` or `changes` is in the quarantine of a run, as it is now."""
    place: Place = "objects" if table is objects else "changes"
    names = ("grp", "resource", "namespace", "name", "resource_version", "api_version")
    same = [quarantine.c[name] == table.c[name] for name in names]
    return (
        select(literal(1))
        .where(*same, quarantine.c.place == place, quarantine.c.run == run)
        .correlate(table)
        .exists()
    )


def _remove(connection: Connection, places: Sequence[tuple[Key, Place, int]]) -> int:
    if not places:
        return 0
    parameters = [
        {
            "entry_grp": key.group,
            "entry_resource": key.resource,
            "entry_namespace": key.namespace,
            "entry_name": key.name,
            "entry_place": place,
            "entry_resource_version": number,
        }
        for key, place, number in sorted(places)
    ]
    return connection.execute(_DELETE, parameters).rowcount


def _still_fits() -> ColumnElement[bool]:
    return or_(
        and_(quarantine.c.place == "objects", _same_row(objects)),
        and_(quarantine.c.place == "changes", _same_row(changes)),
    )


def _same_row(table: Table) -> ColumnElement[bool]:
    names = ("grp", "resource", "namespace", "name", "resource_version", "api_version")
    same = [table.c[name] == quarantine.c[name] for name in names]
    # The offset has PostgreSQL look each row up, and not read the table to make a hash of it.
    return select(literal(1)).where(*same).correlate(quarantine).offset(0).exists()


def _row(entry: Quarantined, moment_now: float) -> dict[str, Any]:
    return {
        "place": entry.where,
        "grp": entry.key.group,
        "resource": entry.key.resource,
        "namespace": entry.key.namespace,
        "name": entry.key.name,
        "resource_version": entry.resource_version,
        "api_version": entry.api_version,
        "run": entry.run,
        "since": moment_now,
        "reason": entry.reason,
        # PostgreSQL's text holds no NUL, and an error may quote what a client sent.
        "message": entry.message.replace("\0", "\\0"),
        "findings": json.dumps(entry.findings),
    }


def _entry(row: Any) -> Quarantined:
    return Quarantined(
        run=row["run"],
        key=Key(row["grp"], row["resource"], row["namespace"], row["name"]),
        resource_version=row["resource_version"],
        api_version=row["api_version"],
        where=row["place"],
        reason=row["reason"],
        message=row["message"],
        findings=tuple(map(tuple, json.loads(row["findings"]))),
        since=as_datetime(row["since"]),
    )
