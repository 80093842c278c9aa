"""Time by the database's clock, the one that every server and run agree on; and turns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, Table

_NOW: Final = {
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400.0",
    # Not now(), which stands still in a transaction that has waited for a lock.
    "postgresql": "SELECT extract(epoch FROM clock_timestamp())::float8",
}


def now(connection: Connection) -> float:
    """Unix seconds by the database's clock."""
    return float(connection.exec_driver_sql(_NOW[connection.dialect.name]).scalar_one())


def as_datetime(seconds: float) -> datetime:
    """The moment, in UTC, of Unix seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def lock_table(connection: Connection, table: Table) -> None:
    """Wait until no other transaction that called this, or is writing to the table, is open.

    On SQLite a writing transaction is the only one as it is.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")
