"""A `Reader` on PostgreSQL: a connection of its own, driven by the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import psycopg

from kconv._errors import Unavailable
from kconv._store import reads
from kconv._store.continuity import ChangesRead
from kconv._store.database import Database
from kconv._store.database_errors import fault, without_password
from kconv._store.driver_connection import as_dbapi_error
from kconv._store.protocol.reader import Reader, RowsRead
from kconv._store.records import Key, Look

PATIENCE: Final = 10.0
"""Seconds that a statement may take; these are look-ups by key."""


class PostgresqlReader(Reader):
    """Reads of a PostgreSQL database; see `Reader`."""

    immediate = False

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._opening = asyncio.Lock()

    async def look(self) -> Look:
        return reads.as_look((await self._execute(reads.POSTGRESQL_LOOK))[0])

    async def changes(self, position: int, limit: int) -> ChangesRead:
        return reads.as_changes_read(
            await self._execute(reads.POSTGRESQL_CHANGES, (position, limit))
        )

    async def rows(self, keys: Sequence[Key]) -> RowsRead:
        rows = await self._execute(reads.POSTGRESQL_ROWS, reads.arrays_of(keys))
        return reads.as_rows_read(rows, keys)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Without a word to the database, so that there is nothing to wait for.
            connection.pgconn.finish()

    async def _execute(
        self, statement: str, parameters: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        for attempt in (1, 2):
            connection = None
            try:
                async with asyncio.timeout(PATIENCE):
                    connection = await self._opened()
                    cursor = await connection.execute(statement, parameters, binary=True)
                    return await cursor.fetchall()
            except TimeoutError:
                self.close()
                where = without_password(self._database.url)
                raise Unavailable(f"the database {where} did not answer in time") from None
            except psycopg.Error as error:
                # Others share the connection, and may have another one by now.
                lost = connection is None or connection.closed
                if lost and connection is self._connection:
                    self.close()
                if attempt == 2 or not lost:
                    wrapped = as_dbapi_error(self._database, error, psycopg.Error, lost=lost)
                    raise fault(wrapped, self._database.url) from error
        raise AssertionError("unreachable")

    async def _opened(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        async with self._opening:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(
                    **self._database.driver_arguments(), autocommit=True
                )
            return self._connection
