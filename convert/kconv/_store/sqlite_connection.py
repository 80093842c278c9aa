"""Writing batches to a SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from kconv._errors import Unavailable
from kconv._store import sqlite_batch
from kconv._store.database import LOCK_TIMEOUT, Database, sqlite_file
from kconv._store.database_errors import fault, without_password
from kconv._store.driver_connection import as_dbapi_error, driver_connection
from kconv._store.write import Outcome, Write


class SqliteConnection:
    """`WriteConnection` on SQLite, where no row is ever locked by itself."""

    def __init__(self, database: Database) -> None:
        self.patience = float(str(database.url.query.get("timeout", LOCK_TIMEOUT)))
        self._database = database
        self._path = sqlite_file(database.url) or Path()
        self._file: tuple[int, int] | None = None
        self._connection: sqlite3.Connection | None = None

    def write(self, writes: Sequence[Write]) -> list[Outcome | None]:
        connection = self._connection or self._open()
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._check_file(connection)
            before = connection.total_changes
            outcomes = sqlite_batch.apply(connection, writes)
            connection.execute("ROLLBACK" if connection.total_changes == before else "COMMIT")
        except BaseException as error:
            self._roll_back(connection)
            if isinstance(error, sqlite3.Error):
                wrapped = as_dbapi_error(self._database, error, sqlite3.Error)
                raise fault(wrapped, self._database.url) from error
            raise
        return list(outcomes)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        self._file = self._found()
        if self._file is None:
            raise self._moved()
        connection = driver_connection(self._database, self)
        assert isinstance(connection, sqlite3.Connection), "the driver of `parse_url`"
        self._connection = connection
        return connection

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self.close()

    def _check_file(self, connection: sqlite3.Connection) -> None:
        """Nobody would find again what is written to a file that was moved away."""
        if self._found() != self._file:
            connection.execute("ROLLBACK")
            self.close()
            raise self._moved()

    def _found(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _moved(self) -> Unavailable:
        return Unavailable(
            f"the file of the database {without_password(self._database.url)} was moved, replaced "
            "or removed: put it back, or restart what has it open",
            cause="is not where it was",
        )
