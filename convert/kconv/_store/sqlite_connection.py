"""Writing batches to a SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence

from kconv._store import sqlite_batch
from kconv._store.database import LOCK_TIMEOUT, Database
from kconv._store.database_errors import fault
from kconv._store.driver_connection import as_dbapi_error, driver_connection
from kconv._store.sqlite_checkpoints import MOST_PAGES, Checkpoints
from kconv._store.write import Answered, Outcome, Sent, Write


class SqliteConnection:
    """`WriteConnection` on SQLite, where no row is ever locked by itself."""

    immediate = True

    def __init__(self, database: Database) -> None:
        self.patience = float(str(database.url.query.get("timeout", LOCK_TIMEOUT)))
        self._database = database
        self._connection: sqlite3.Connection | None = None
        self._waits = True
        self._checkpoints = Checkpoints(database)

    def write(self, writes: Sequence[Write], *, wait: bool = True) -> list[Outcome | None] | None:
        connection = self._connection or self._open()
        try:
            if wait != self._waits:
                milliseconds = int(self.patience * 1000) if wait else 0
                connection.execute(f"PRAGMA busy_timeout = {milliseconds}")
                self._waits = wait
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not wait and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                    return None
                raise
            # Nobody would find again what is written to a file that was moved away.
            self._database.check_file()
            before = connection.total_changes
            outcomes = sqlite_batch.apply(connection, writes)
            is_changed = connection.total_changes != before
            connection.execute("COMMIT" if is_changed else "ROLLBACK")
        except BaseException as error:
            self._roll_back(connection)
            if isinstance(error, sqlite3.Error):
                wrapped = as_dbapi_error(self._database, error, sqlite3.Error)
                raise fault(wrapped, self._database.url) from error
            raise
        if is_changed:
            self._checkpoints.wrote(sum([write.size for write in writes]))
        return list(outcomes)

    def send(
        self, writes: Sequence[Write], loop: asyncio.AbstractEventLoop, answered: Answered
    ) -> Sent | None:
        return None  # SQLite works in the thread that asks

    def cut_if_late(self) -> None:
        """There is nothing to be cut: what SQLite waits for are locks, and for those not long."""

    def close(self) -> None:
        self._checkpoints.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        self._database.check_file()
        connection = driver_connection(self._database, self)
        assert isinstance(connection, sqlite3.Connection), "the driver of `parse_url`"
        connection.execute(f"PRAGMA wal_autocheckpoint = {MOST_PAGES}")
        self._connection, self._waits = connection, True
        return connection

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self.close()
