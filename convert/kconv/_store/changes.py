"""The change log: what watches follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, select, true

from kconv._errors import Expired
from kconv._store.records import HIGHEST, Change, Key, Stored
from kconv._store.tables import changes, revision

COLUMNS: Final = (
    changes.c.grp,
    changes.c.resource,
    changes.c.namespace,
    changes.c.name,
    changes.c.uid,
    changes.c.api_version,
    changes.c.resource_version,
    changes.c.data,
    changes.c.type,
    changes.c.before,
)


def as_change(row: Sequence[Any]) -> Change:
    """The change of a row that holds `COLUMNS`."""
    group, resource, namespace, name, uid, api_version, number, data, change_type, before = row
    key = Key(group, resource, namespace, name)
    stored = Stored(key, uid, api_version, number, bytes(data))
    return Change(change_type, stored, None if before is None else bytes(before))


def since(
    connection: Connection,
    after: int,
    group: str | None,
    resource: str | None,
    namespace: str | None,
    limit: int,
) -> list[Change]:
    """The first changes over ``after``. Raises `Expired`.

    One statement reads the log and how far it is compacted, so that no compaction can come
    between the two.
    """
    after, limit = min(after, HIGHEST), min(limit, HIGHEST)
    statement = select(*COLUMNS).where(changes.c.resource_version > after)
    wanted = {changes.c.grp: group, changes.c.resource: resource, changes.c.namespace: namespace}
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(column == value)
    found = statement.order_by(changes.c.resource_version).limit(limit).subquery()
    rows = connection.execute(
        select(*found.c, revision.c.compacted)
        .select_from(revision.outerjoin(found, true()))
        .order_by(found.c.resource_version)
    ).all()
    compacted: int = rows[0][-1]
    if after < compacted:
        raise Expired(f"too old resource version: {after} ({compacted})")
    return [as_change(row[:-1]) for row in rows if row.resource_version is not None]
