"""Reading rows by the version that they are encoded in, in pages of bounded size.

Each version on record has its place in an index, so a page costs the same however many rows are
in the wanted version already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    func,
    select,
    true,
    tuple_,
)

from kconv._store import changes as log
from kconv._store import objects as state
from kconv._store import quarantine
from kconv._store.records import Change, Stored
from kconv._store.tables import changes, objects, storage_versions, undo

PAGE_BYTES: Final = 16 * 1024 * 1024
"""Bytes of data after which a page ends; it holds a row at least, however large that is."""

_STEP: Final = 16
_SIZE: Final = "page_size"

T = TypeVar("T")


class _Bounds(NamedTuple):
    """Which bounds a statement has; their values are parameters."""

    after: bool = False
    until: bool = False
    passing_over: bool = False


def scan_objects(
    connection: Connection,
    group: str,
    resource: str,
    other_than: str,
    after: tuple[str, str] | None,
    limit: int,
    until: tuple[str, str] | None = None,
    passing_over: str = "",
) -> list[Stored]:
    """Objects in another version than the given one, by key.

    On SQLite the connection must see one snapshot throughout; on PostgreSQL it is one statement.
    """
    wanted = {"grp": group, "resource": resource, "other_than": other_than, "most": limit}
    wanted |= {"of_run": passing_over} if passing_over else {}
    if after is not None:
        wanted |= {"after_namespace": after[0], "after_name": after[1]}
    if until is not None:
        wanted |= {"until_namespace": until[0], "until_name": until[1]}
    bounds = _Bounds(after is not None, until is not None, bool(passing_over))
    return _page(connection, objects, bounds, wanted, state.as_stored)


def scan_changes(
    connection: Connection,
    group: str,
    resource: str,
    other_than: str,
    after: int,
    limit: int,
    until: int | None = None,
    passing_over: str = "",
) -> list[Change]:
    """Changes in another version than the given one, by resourceVersion; see `scan_objects`."""
    wanted: dict[str, Any] = {"grp": group, "resource": resource, "other_than": other_than}
    wanted |= {"after_resource_version": after, "most": limit}
    wanted |= {"of_run": passing_over} if passing_over else {}
    wanted |= {"until_resource_version": until} if until is not None else {}
    bounds = _Bounds(True, until is not None, bool(passing_over))
    return _page(connection, changes, bounds, wanted, log.as_change)


def objects_boundary(
    connection: Connection,
    group: str,
    resource: str,
    other_than: str,
    after: tuple[str, str] | None,
    rows: int,
) -> tuple[str, str] | None:
    """Where a page of so many objects ends, or one of some more; None where there are no more."""
    wanted = {"grp": group, "resource": resource, "other_than": other_than, "skipped": rows - 1}
    if after is not None:
        wanted |= {"after_namespace": after[0], "after_name": after[1]}
    found = connection.execute(_marks(objects, _Bounds(after is not None)), wanted)
    return min(((space, name) for space, name in found if name is not None), default=None)


def changes_boundary(
    connection: Connection, group: str, resource: str, other_than: str, after: int, rows: int
) -> int | None:
    """As `objects_boundary`, of the change log."""
    wanted: dict[str, Any] = {"grp": group, "resource": resource, "other_than": other_than}
    wanted |= {"after_resource_version": after, "skipped": rows - 1}
    found = connection.execute(_marks(changes, _Bounds(after=True)), wanted).scalars()
    return min((number for number in found if number is not None), default=None)


def _page(
    connection: Connection,
    table: Table,
    bounds: _Bounds,
    wanted: dict[str, Any],
    as_item: Callable[[Sequence[Any]], T],
) -> list[T]:
    if connection.dialect.name == "postgresql":
        return rows_within(connection, _in_others(table, bounds), wanted, table, as_item)
    found: list[Sequence[Any]] = []
    versions = list(connection.execute(_OTHERS, wanted).scalars())
    for version in versions:
        of_version = wanted | {"api_version": version}
        found += rows_within(connection, _in_version(table, bounds), of_version, table, tuple)
    if len(versions) > 1:
        places = [_COLUMNS[table.name].index(column) for column in _ORDERS[table.name]]
        found.sort(key=lambda row: [row[place] for place in places])
        found = _cut(found, wanted["most"], _COLUMNS[table.name].index(table.c.data))
    return [as_item(row) for row in found]


def rows_within(
    connection: Connection,
    statement: Select[Any],
    parameters: dict[str, Any],
    table: Table,
    as_item: Callable[[Sequence[Any]], T],
) -> list[T]:
    """The statement's first rows, up to `PAGE_BYTES` of the table's column ``data``.

    ``statement`` selects columns of ``table`` in its order.
    """
    if connection.dialect.name == "postgresql":
        # The driver takes in a whole result before it hands out a row: bound it over there.
        bound = parameters | {"page_bytes": PAGE_BYTES}
        return [as_item(row) for row in connection.execute(_bounded(statement, table), bound)]
    place = statement.selected_columns.keys().index("data")
    found: list[T] = []
    size = 0
    with connection.execute(statement, parameters) as result:
        while rows := result.fetchmany(_STEP):
            for row in rows:
                if size >= PAGE_BYTES:
                    return found
                size += len(row[place])
                found.append(as_item(row))
    return found


def _cut(rows: list[Sequence[Any]], limit: int, place: int) -> list[Sequence[Any]]:
    size = 0
    for index, row in enumerate(rows[:limit]):
        if size >= PAGE_BYTES:
            return rows[:index]
        size += len(row[place])
    return rows[:limit]


@lru_cache(maxsize=32)
def _bounded(statement: Select[Any], table: Table) -> Select[Any]:
    page = statement.subquery()
    order = [page.c[column.name] for column in _ORDERS[table.name]]
    length = func.octet_length(page.c.data)
    before = func.sum(length).over(order_by=order) - length
    sized = select(*page.c, before.label(_SIZE)).subquery()
    return (
        select(*(column for column in sized.c if column.name != _SIZE))
        .where(sized.c[_SIZE] < bindparam("page_bytes"))
        .order_by(*(sized.c[column.name] for column in _ORDERS[table.name]))
    )


@lru_cache(maxsize=16)
def _in_version(table: Table, bounds: _Bounds) -> Select[Any]:
    """Rows of one version."""
    same = [table.c[name] == bindparam(name) for name in ("grp", "resource", "api_version")]
    return _ordered(table, same, bounds)


@lru_cache(maxsize=16)
def _in_others(table: Table, bounds: _Bounds) -> Select[Any]:
    """Rows of every version on record but one, each version read by its place in the index."""
    names = ("grp", "resource", "api_version")
    same = [table.c[name] == storage_versions.c[name] for name in names]
    rows = _ordered(table, same, bounds).correlate(storage_versions).lateral()
    return (
        select(*rows.c)
        .select_from(storage_versions.join(rows, true()))
        .where(*_OTHER)
        .order_by(*(rows.c[column.name] for column in _ORDERS[table.name]))
        .limit(bindparam("most"))
    )


@lru_cache(maxsize=4)
def _marks(table: Table, bounds: _Bounds) -> Select[Any]:
    """For each version on record but one, the place of a row that comes so many rows later."""
    names = ("grp", "resource", "api_version")
    same = [table.c[name] == storage_versions.c[name] for name in names]
    rows = _ordered(table, same, bounds).limit(1).offset(bindparam("skipped"))
    return select(
        *(
            rows.with_only_columns(column).correlate(storage_versions).scalar_subquery()
            for column in _ORDERS[table.name]
        )
    ).where(*_OTHER)


def _ordered(table: Table, same: Sequence[ColumnElement[bool]], bounds: _Bounds) -> Select[Any]:
    statement = select(*_COLUMNS[table.name]).where(*same)
    order = _ORDERS[table.name]
    if bounds.after:
        start = tuple_(*(bindparam(f"after_{column.name}") for column in order))
        statement = statement.where(tuple_(*order) > start)
    if bounds.until:
        end = tuple_(*(bindparam(f"until_{column.name}") for column in order))
        statement = statement.where(tuple_(*order) <= end)
    if bounds.passing_over:
        statement = statement.where(~quarantine.of_row(table, bindparam("of_run")))
    return statement.order_by(*_ORDERS[table.name]).limit(bindparam("most"))


_OTHER: Final = (
    storage_versions.c.grp == bindparam("grp"),
    storage_versions.c.resource == bindparam("resource"),
    storage_versions.c.api_version != bindparam("other_than"),
)
_OTHERS: Final = select(storage_versions.c.api_version).where(*_OTHER)
_COLUMNS: Final[dict[str, Sequence[Column[Any]]]] = {
    objects.name: state.COLUMNS,
    changes.name: log.COLUMNS,
}
_ORDERS: Final[dict[str, Sequence[Column[Any]]]] = {
    objects.name: (objects.c.namespace, objects.c.name),
    changes.name: (changes.c.resource_version,),
    undo.name: (undo.c.grp, undo.c.resource, undo.c.namespace, undo.c.name),
}
