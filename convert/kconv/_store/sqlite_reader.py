"""A `Reader` on SQLite: a connection whose statements are run on the caller's own thread.

A look-up by key takes some ten microseconds, less than handing it to another thread, and in WAL
mode no writer makes a reader wait.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from kconv._store import reads
from kconv._store.continuity import ChangesRead
from kconv._store.database import LOCK_TIMEOUT, Database
from kconv._store.database_errors import fault
from kconv._store.driver_connection import as_dbapi_error, driver_connection
from kconv._store.protocol.reader import Reader, RowsRead
from kconv._store.records import Key, Look

T = TypeVar("T")


class SqliteReader(Reader):
    """Reads of a SQLite file; see `Reader`."""

    immediate = True

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sqlite3.Connection | None = None
        self._version = -1
        self._seen: Look | None = None

    async def look(self) -> Look:
        return await self._run(self._look)

    async def changes(self, position: int, limit: int) -> ChangesRead:
        def read() -> ChangesRead:
            with _Snapshot(self._opened()) as connection:
                look = reads.as_look(connection.execute(reads.SQLITE_LOOK).fetchone())
                rows = connection.execute(reads.SQLITE_CHANGES, (position, limit))
                return ChangesRead([reads.as_change(row) for row in rows], look)

        return await self._run(read)

    async def rows(self, keys: Sequence[Key]) -> RowsRead:
        def read() -> RowsRead:
            with _Snapshot(self._opened()) as connection:
                look = reads.as_look(connection.execute(reads.SQLITE_LOOK).fetchone())
                found = {key: self._row(connection, key) for key in keys}
            return RowsRead(found, look)

        return await self._run(read)

    def close(self) -> None:
        self._version, self._seen = -1, None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _look(self) -> Look:
        connection = self._opened()
        # It changes with every commit of any other connection, of this process or another one.
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        seen = self._seen
        if seen is None or version != self._version:
            seen = reads.as_look(connection.execute(reads.SQLITE_LOOK).fetchone())
            self._version, self._seen = version, seen
        return seen

    @staticmethod
    def _row(connection: sqlite3.Connection, key: Key) -> Any:
        place = (key.group, key.resource, key.namespace, key.name)
        row = connection.execute(reads.SQLITE_ROW, place).fetchone()
        return None if row is None else reads.as_stored(row)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = driver_connection(self._database, self)
            assert isinstance(connection, sqlite3.Connection)
            # Nothing may wait on the caller's thread, which serves all requests.
            connection.execute("PRAGMA busy_timeout = 0")
            self._connection = connection
        return self._connection

    async def _run(self, read: Callable[[], T]) -> T:
        """Read at once, or where waiting is no harm."""
        try:
            return read()
        except sqlite3.Error:
            # A file that was locked, or replaced, is opened anew.
            self.close()

        def wait() -> T:
            connection = self._opened()
            connection.execute(f"PRAGMA busy_timeout = {int(LOCK_TIMEOUT * 1000)}")
            try:
                return read()
            finally:
                connection.execute("PRAGMA busy_timeout = 0")

        try:
            return await asyncio.to_thread(wait)
        except sqlite3.Error as error:
            self.close()
            wrapped = as_dbapi_error(self._database, error, sqlite3.Error)
            raise fault(wrapped, self._database.url) from error


class _Snapshot:
    """A reading transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN")
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
