"""Reading the stored objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select, tuple_

from kconv._errors import NotFound, ObjectRef
from kconv._store.records import HIGHEST, ROW_BYTES, Key, Page, Stored
from kconv._store.tables import objects, revision

COLUMNS: Final = (
    objects.c.grp,
    objects.c.resource,
    objects.c.namespace,
    objects.c.name,
    objects.c.uid,
    objects.c.api_version,
    objects.c.resource_version,
    objects.c.data,
)

_SNAPSHOT_PAGE: Final = 1000

_GET: Final = select(*COLUMNS).where(
    objects.c.grp == bindparam("grp"),
    objects.c.resource == bindparam("resource"),
    objects.c.namespace == bindparam("namespace"),
    objects.c.name == bindparam("name"),
)


def as_stored(row: Sequence[Any]) -> Stored:
    """The object of a row that holds `COLUMNS`."""
    group, resource, namespace, name, uid, api_version, resource_version, data = row
    return Stored(
        Key(group, resource, namespace, name), uid, api_version, resource_version, bytes(data)
    )


def about(key: Key) -> ObjectRef:
    """What an error about this key names; the store knows resources, not kinds."""
    return ObjectRef(group=key.group, kind=key.resource, namespace=key.namespace, name=key.name)


def not_found(key: Key) -> NotFound:
    """The error for a key that holds nothing, worded as Kubernetes does."""
    return NotFound(f'{key.qualified} "{key.name}" not found', about=about(key))


def get(connection: Connection, key: Key) -> Stored:
    """The object under a key. Raises `NotFound`."""
    parameters = {
        "grp": key.group,
        "resource": key.resource,
        "namespace": key.namespace,
        "name": key.name,
    }
    row = connection.execute(_GET, parameters).one_or_none()
    if row is None:
        raise not_found(key)
    return as_stored(row)


def page(
    connection: Connection,
    group: str,
    resource: str,
    namespace: str | None,
    limit: int | None,
    after: tuple[str, str] | None,
) -> Page:
    """A page of a list; the connection must see one snapshot throughout."""
    head = connection.execute(select(revision.c.value)).scalar_one()
    condition = _within(group, resource, namespace, after)
    statement = select(*COLUMNS).where(condition).order_by(objects.c.namespace, objects.c.name)
    if limit is not None:
        statement = statement.limit(min(limit + 1, HIGHEST))
    rows = connection.execute(statement).all()
    if limit is None or len(rows) <= limit:
        return Page([as_stored(row) for row in rows], head, None, 0)
    items = [as_stored(row) for row in rows[:limit]]
    last = (items[-1].key.namespace, items[-1].key.name) if items else (after or ("", ""))
    rest = select(func.count()).select_from(objects)
    remaining = connection.execute(
        rest.where(_within(group, resource, namespace, last))
    ).scalar_one()
    return Page(items, head, last, remaining)


def snapshot(
    connection: Connection, group: str, resource: str, most_bytes: int
) -> list[Stored] | None:
    """All objects of a resource in order; None once they are known to take more bytes than that.

    The connection must see one snapshot throughout. Rows are read a page at a time, since a driver
    may take in a whole result before it hands out a row.
    """
    found: list[Stored] = []
    size = 0
    after: tuple[str, str] | None = None
    while True:
        statement = select(*COLUMNS).where(_within(group, resource, None, after))
        order = statement.order_by(objects.c.namespace, objects.c.name).limit(_SNAPSHOT_PAGE)
        rows = [as_stored(row) for row in connection.execute(order)]
        found += rows
        size += sum(len(row.data) + ROW_BYTES for row in rows)
        if size > most_bytes:
            return None
        if len(rows) < _SNAPSHOT_PAGE:
            return found
        after = (rows[-1].key.namespace, rows[-1].key.name)


def _within(
    group: str, resource: str, namespace: str | None, after: tuple[str, str] | None
) -> ColumnElement[bool]:
    conditions = [objects.c.grp == group, objects.c.resource == resource]
    if namespace is not None:
        conditions.append(objects.c.namespace == namespace)
    if after is not None:
        conditions.append(tuple_(objects.c.namespace, objects.c.name) > tuple_(*after))
    return and_(*conditions)
