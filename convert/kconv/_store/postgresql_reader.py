"""A `Reader` on PostgreSQL: a connection of its own, driven by the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

import psycopg

from kconv._errors import Unavailable
from kconv._store import reads
from kconv._store.continuity import ChangesRead
from kconv._store.database import Database
from kconv._store.database_errors import fault, without_password
from kconv._store.driver_connection import as_dbapi_error
from kconv._store.postgresql_session import PATIENCE, RepeatedQuery, Row
from kconv._store.protocol.reader import Reader, RowsRead
from kconv._store.records import Key, Look

T = TypeVar("T")


class _Closable(Protocol):
    @property
    def closed(self) -> bool: ...


C = TypeVar("C", bound=_Closable)


class PostgresqlReader(Reader):
    """Reads of a PostgreSQL database; see `Reader`."""

    immediate = False

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._looks: RepeatedQuery | None = None
        self._row: Row | None = None
        self._seen: Look | None = None
        self._ended = asyncio.Event()
        self._opening = asyncio.Lock()
        self._looking = asyncio.Lock()

    async def look(self) -> Look:
        async with self._looking:
            looks, row = self._looks, None
            if looks is not None and not looks.closed:
                # What is asked of a session that is there keeps its time by itself.
                try:
                    row = await looks.row()
                except TimeoutError:
                    self._close(looks)
                    raise self._too_late() from None
                except psycopg.Error:
                    pass  # asked again, of another session where this one was cut
            if row is None:
                row = await self._answer(self._opened_looks, RepeatedQuery.row)
            if row != self._row or self._seen is None:
                self._row, self._seen = row, _as_look(row)
            # The same one as before, where nothing has changed: so that others see that at once.
            return self._seen

    async def changes(self, position: int, limit: int) -> ChangesRead:
        return reads.as_changes_read(
            await self._execute(reads.POSTGRESQL_CHANGES, (position, limit))
        )

    async def rows(self, keys: Sequence[Key]) -> RowsRead:
        rows = await self._execute(reads.POSTGRESQL_ROWS, reads.arrays_of(keys))
        return reads.as_rows_read(rows, keys)

    def close(self) -> None:
        # What is being read must not open another connection, which nobody would close.
        self._ended.set()
        self._close(self._connection)
        self._close(self._looks)

    async def _execute(self, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        async def ask(
            connection: psycopg.AsyncConnection[tuple[Any, ...]],
        ) -> list[tuple[Any, ...]]:
            cursor = await connection.execute(statement, parameters, binary=True)
            return await cursor.fetchall()

        return await self._answer(self._opened, ask)

    async def _answer(
        self, opened: Callable[[], Awaitable[C]], ask: Callable[[C], Awaitable[T]]
    ) -> T:
        """What is asked of a connection; of a new one, where the first has been cut."""
        for attempt in (1, 2):
            connection: C | None = None
            try:
                async with asyncio.timeout(PATIENCE):
                    connection = await opened()
                    return await ask(connection)
            except TimeoutError:
                self._close(connection)
                raise self._too_late() from None
            except psycopg.Error as error:
                lost = connection is None or connection.closed
                if lost:
                    self._close(connection)
                if attempt == 2 or not lost:
                    wrapped = as_dbapi_error(self._database, error, psycopg.Error, lost=lost)
                    raise fault(wrapped, self._database.url) from error
        raise AssertionError("unreachable")

    def _too_late(self) -> Unavailable:
        where = without_password(self._database.url)
        return Unavailable(f"the database {where} did not answer in time", cause="does not answer")

    def _close(self, connection: _Closable | None) -> None:
        """Close it without a word to the database, so that there is nothing to wait for.

        Others share it, and may have another one by now.
        """
        if connection is None:
            return
        if connection is self._connection:
            self._connection.pgconn.finish()
            self._connection = None
        elif connection is self._looks:
            self._looks.close()
            self._looks = None

    async def _opened(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        async with self._opening:
            if self._connection is None or self._connection.closed:
                self._connection = await self._connect()
            return self._connection

    async def _opened_looks(self) -> RepeatedQuery:
        if self._looks is None or self._looks.closed:
            connection = await self._connect()
            self._looks = RepeatedQuery(
                connection, reads.POSTGRESQL_LOOK, prepares=not self._database.is_pooled
            )
        return self._looks

    async def _connect(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        if not self._ended.is_set():
            connection = await psycopg.AsyncConnection.connect(
                **self._database.driver_arguments(), autocommit=True
            )
            if not self._ended.is_set():
                return connection
            connection.pgconn.finish()
        raise Unavailable("the reader of the database has been closed")


def _as_look(row: Row) -> Look:
    value, compacted, epoch, rewrites, timeline = (each or b"" for each in row)
    return reads.as_look(
        (int(value), int(compacted), epoch.decode(), int(rewrites), timeline.decode())
    )
