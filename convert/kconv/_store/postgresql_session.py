"""One statement on PostgreSQL, asked again and again on an event loop, by libpq itself.

Before reads are answered there is a look at the counters, so that most of what serving from
PostgreSQL takes is this statement. The driver's own connection takes twice as long for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from kconv._store.postgresql_input import has_input, take

_NAME: Final = b"kconv_look"

Row = list[bytes | None]
"""The columns of a row, as PostgreSQL writes them."""


PATIENCE: Final = 10.0
"""Seconds that an answer may take."""


class RepeatedQuery:
    """A statement without parameters that has one row, on a connection of its own.

    One call at a time; one that is cancelled, or is not answered within ``patience`` seconds, takes
    the connection along.
    """

    def __init__(
        self,
        connection: psycopg.AsyncConnection[object],
        statement: str,
        *,
        prepares: bool,
        patience: float = PATIENCE,
    ) -> None:
        """``prepares`` where the session is the same each time, which behind a pooler it is not."""
        self._session: Final[PGconn] = connection.pgconn
        self._connection: Final = connection
        self._statement: Final = statement.encode()
        self._prepares = prepares
        self._is_prepared = self._has_ended = False
        self._results: list[PGresult] = []
        self._answer: asyncio.Future[None] | None = None
        self._patience: Final = patience
        self._asked_at = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._socket = self._session.socket
        self._loop.add_reader(self._socket, self._readable)

    @property
    def closed(self) -> bool:
        """Whether the connection has ended."""
        return self._has_ended or self._connection.closed

    async def row(self) -> Row:
        """Ask once. Raises `psycopg.Error`, and `TimeoutError` where no answer comes in time."""
        session = self._session
        if self._is_prepared:
            return _only_row(await self._ask(self._send_prepared))
        if not self._prepares:
            return _only_row(await self._ask(lambda: session.send_query(self._statement)))
        await self._ask(lambda: session.send_prepare(_NAME, self._statement))
        self._is_prepared = True
        return _only_row(await self._ask(self._send_prepared))

    def _send_prepared(self) -> None:
        # The lowest psycopg that is allowed takes a list only.
        self._session.send_query_prepared(_NAME, [])

    def close(self) -> None:
        """End the connection, without a word to the database."""
        self._end(psycopg.OperationalError("the connection is closed"))

    async def _ask(self, send: Callable[[], None]) -> PGresult:
        self._results = []
        self._answer = self._loop.create_future()
        self._asked_at = self._loop.time()
        if self._alarm is None:
            self._alarm = self._loop.call_later(self._patience, self._check_time)
        try:
            self._send(send)
            await self._answer
        except asyncio.CancelledError:
            self.close()  # its answer would be taken for the next one's
            raise
        finally:
            self._answer = None
        result = self._results[-1]
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise error_from_result(result)
        return result

    def _send(self, send: Callable[[], None]) -> None:
        """Send a question. Where that fails nobody else ends what may be closed already."""
        try:
            send()
            if self._session.flush():
                self._loop.add_writer(self._socket, self._writable)
        except psycopg.Error as error:
            self._end(error)

    def _check_time(self) -> None:
        """End the connection if what is asked has not been answered in time.

        A timer for each question would take longer than some answers: one goes on while there are
        questions.
        """
        self._alarm = None
        if self._answer is None or self._answer.done():
            return
        left = self._asked_at + self._patience - self._loop.time()
        if left > 0:
            self._alarm = self._loop.call_later(left, self._check_time)
        else:
            self._end(TimeoutError("no answer came in time"))

    def _readable(self) -> None:
        try:
            while take(self._session, self._results):
                if self._answer is not None and self._results and not self._answer.done():
                    self._answer.set_result(None)
                    return
                if not has_input(self._socket):
                    return
        except psycopg.Error as error:
            self._end(error)

    def _writable(self) -> None:
        try:
            if not self._session.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.Error as error:
            self._end(error)

    def _end(self, error: psycopg.Error | TimeoutError) -> None:
        if not self._has_ended:
            self._has_ended = True
            if self._alarm is not None:
                self._alarm.cancel()
            if not self._loop.is_closed():
                self._loop.remove_reader(self._socket)
                self._loop.remove_writer(self._socket)
            self._session.finish()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


def _only_row(result: PGresult) -> Row:
    return [result.get_value(0, column) for column in range(result.nfields)]
