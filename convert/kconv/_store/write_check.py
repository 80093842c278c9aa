"""Whether the database takes writes: something is written, committed and removed again.

It is as large as an object may be expected to be, for a full disk often has room for a few bytes;
and it takes the locks that every write needs.
"""

from __future__ import annotations

import os
import secrets
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from kconv._store.clock import now
from kconv._store.database import Database
from kconv._store.tables import changes, objects, probes, revision

_BYTES: Final = 32 * 1024
_STALE: Final = 3600.0
_TABLES: Final = ", ".join(table.name for table in (objects, changes))


def check(database: Database, seconds: float) -> None:
    """Write and remove something, waiting for locks up to ``seconds``. Raises `Unavailable`."""
    name = secrets.token_hex(8)

    def put(connection: Connection) -> None:
        _lock_tables(connection)
        moment = now(connection)
        # Random, so that it takes as much room as it says.
        row = {"id": name, "moment": moment, "data": os.urandom(_BYTES)}
        connection.execute(delete(probes).where(probes.c.moment < moment - _STALE))
        connection.execute(insert(probes), row)
        if not database.sqlite:
            connection.execute(select(revision.c.value).with_for_update())

    def remove(connection: Connection) -> None:
        connection.execute(delete(probes).where(probes.c.id == name))

    database.write_within(seconds, put)
    database.write_within(seconds, remove)


def _lock_tables(connection: Connection) -> None:
    """Take the locks on tables that a write takes; on SQLite the transaction has the only one."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {_TABLES} IN ROW EXCLUSIVE MODE")
