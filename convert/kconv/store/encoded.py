"""Reading rows by the version that they are encoded in, in pages of bounded size.

Each version on record has its place in an index, so a page costs the same however many rows are
in the wanted version already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)

from kconv.store import changes as log
from kconv.store import objects as state
from kconv.store.records import Change, Stored
from kconv.store.tables import changes, objects, storage_versions, undo

PAGE_BYTES: Final = 16 * 1024 * 1024
"""Bytes of data after which a page ends; it holds a row at least, however large that is."""

_STEP: Final = 16
_SIZE: Final = "page_size"

T = TypeVar("T")


def objects_page(
    connection: Connection,
    group: str,
    resource: str,
    other_than: str,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Stored]:
    """Objects in another version than the given one, by key."""
    found: list[Stored] = []
    for version in _others(connection, group, resource, other_than):
        parameters = {"grp": group, "resource": resource, "api_version": version, "most": limit}
        if after is not None:
            parameters |= {"after_0": after[0], "after_1": after[1]}
        statement = _encoded_objects(after is not None)
        found += rows_within(connection, statement, parameters, objects, state.as_stored)
    found.sort(key=lambda each: (each.key.namespace, each.key.name))
    return cut(found, limit, lambda each: len(each.data))


def changes_page(
    connection: Connection, group: str, resource: str, other_than: str, after: int, limit: int
) -> list[Change]:
    """Changes in another version than the given one, by resourceVersion."""
    found: list[Change] = []
    for version in _others(connection, group, resource, other_than):
        parameters = {"grp": group, "resource": resource, "api_version": version, "most": limit}
        parameters |= {"after_0": after}
        found += rows_within(connection, _ENCODED_CHANGES, parameters, changes, log.as_change)
    found.sort(key=attrgetter("stored.resource_version"))
    return cut(found, limit, lambda each: len(each.stored.data))


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
        return [as_item(row) for row in connection.execute(_bounded(statement, table), parameters)]
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


def cut(items: list[T], limit: int, size_of: Callable[[T], int]) -> list[T]:
    """The first items, at most ``limit`` and up to `PAGE_BYTES`."""
    size = 0
    for index, item in enumerate(items[:limit]):
        if size >= PAGE_BYTES:
            return items[:index]
        size += size_of(item)
    return items[:limit]


@lru_cache(maxsize=32)
def _bounded(statement: Select[Any], table: Table) -> Select[Any]:
    page = statement.subquery()
    order = [page.c[column.name] for column in _ORDERS[table.name]]
    length = func.octet_length(page.c.data)
    sized = select(
        *page.c, (func.sum(length).over(order_by=order) - length).label(_SIZE)
    ).subquery()
    columns = [column for column in sized.c if column.name != _SIZE]
    return (
        select(*columns)
        .where(sized.c[_SIZE] < literal_column(str(PAGE_BYTES)))
        .order_by(*(sized.c[column.name] for column in _ORDERS[table.name]))
    )


def _others(connection: Connection, group: str, resource: str, other_than: str) -> list[str]:
    statement = (
        select(storage_versions.c.api_version)
        .where(
            storage_versions.c.grp == group,
            storage_versions.c.resource == resource,
            storage_versions.c.api_version != other_than,
        )
        .order_by(storage_versions.c.api_version)
    )
    return list(connection.execute(statement).scalars())


def _in_version(table: Table) -> list[ColumnElement[bool]]:
    return [table.c[name] == bindparam(name) for name in ("grp", "resource", "api_version")]


@lru_cache(maxsize=2)
def _encoded_objects(further: bool) -> Select[Any]:
    order = (objects.c.namespace, objects.c.name)
    statement = select(*state.COLUMNS).where(*_in_version(objects))
    if further:
        statement = statement.where(
            tuple_(*order) > tuple_(*map(bindparam, ("after_0", "after_1")))
        )
    return statement.order_by(*order).limit(bindparam("most"))


_ENCODED_CHANGES: Final = (
    select(*log.COLUMNS)
    .where(*_in_version(changes), changes.c.resource_version > bindparam("after_0"))
    .order_by(changes.c.resource_version)
    .limit(bindparam("most"))
)
_ORDERS: Final[dict[str, Sequence[Column[Any]]]] = {
    "objects": (objects.c.namespace, objects.c.name),
    "changes": (changes.c.resource_version,),
    "undo": (undo.c.grp, undo.c.resource, undo.c.namespace, undo.c.name),
}
