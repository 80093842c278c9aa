"""The statements of a `Reader`, which speaks to the driver: they are what serving mostly does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from kconv._store import counter
from kconv._store.changes import COLUMNS as CHANGE_COLUMNS
from kconv._store.changes import as_change
from kconv._store.continuity import ChangesRead
from kconv._store.counter import as_look
from kconv._store.objects import COLUMNS as OBJECT_COLUMNS
from kconv._store.objects import as_stored
from kconv._store.protocol.reader import RowsRead
from kconv._store.records import Key
from kconv._store.tables import changes, objects

_OBJECT: Final = ", ".join(f"o.{column.name}" for column in OBJECT_COLUMNS)
_CHANGE: Final = ", ".join(column.name for column in CHANGE_COLUMNS)

_SQLITE: Final[Dialect] = sqlite.dialect()
_POSTGRESQL: Final[Dialect] = postgresql.dialect()  # type: ignore[no-untyped-call]
SQLITE_LOOK: Final = str(counter.LOOK["sqlite"].compile(dialect=_SQLITE))
POSTGRESQL_LOOK: Final = str(counter.LOOK["postgresql"].compile(dialect=_POSTGRESQL))
LOOK_WIDTH: Final = len(counter.COLUMNS) + 1
"""How many columns `POSTGRESQL_LOOK` has: the row's, and the timeline."""

SQLITE_CHANGES: Final = (
    f"SELECT {_CHANGE} FROM {changes} WHERE resource_version >= ? ORDER BY resource_version LIMIT ?"
)
SQLITE_ROW: Final = (
    f"SELECT {_OBJECT} FROM {objects} AS o "
    "WHERE grp = ? AND resource = ? AND namespace = ? AND name = ?"
)

# Each is one statement, so that what it finds and the counters are of one moment.
POSTGRESQL_CHANGES: Final = f"""
SELECT look.*, found.* FROM ({POSTGRESQL_LOOK}) AS look LEFT JOIN LATERAL (
    SELECT {_CHANGE} FROM {changes}
    WHERE resource_version >= %s ORDER BY resource_version LIMIT %s
) AS found ON true
ORDER BY found.resource_version
"""
POSTGRESQL_ROWS: Final = f"""
SELECT look.*, found.* FROM ({POSTGRESQL_LOOK}) AS look LEFT JOIN (
    SELECT {_OBJECT}
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])
        AS wanted (grp, resource, namespace, name)
    CROSS JOIN LATERAL (
        SELECT * FROM {objects} AS each
        WHERE each.grp = wanted.grp AND each.resource = wanted.resource
            AND each.namespace = wanted.namespace AND each.name = wanted.name
        OFFSET 0
    ) AS o
) AS found ON true
"""

Rows = Sequence[Sequence[Any]]

__all__ = ["as_change", "as_look", "as_stored"]


def arrays_of(keys: Sequence[Key]) -> tuple[list[str], list[str], list[str], list[str]]:
    """The parameters of `POSTGRESQL_ROWS`."""
    return (
        [key.group for key in keys],
        [key.resource for key in keys],
        [key.namespace for key in keys],
        [key.name for key in keys],
    )


def as_changes_read(rows: Rows) -> ChangesRead:
    """What `POSTGRESQL_CHANGES` found."""
    width = LOOK_WIDTH
    found = [as_change(row[width:]) for row in rows if row[width] is not None]
    return ChangesRead(found, as_look(rows[0][:width]))


def as_rows_read(rows: Rows, keys: Sequence[Key]) -> RowsRead:
    """What `POSTGRESQL_ROWS` found."""
    width = LOOK_WIDTH
    found = [as_stored(row[width:]) for row in rows if row[width] is not None]
    by_key = {stored.key: stored for stored in found}
    return RowsRead({key: by_key.get(key) for key in keys}, as_look(rows[0][:width]))
