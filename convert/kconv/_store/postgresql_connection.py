"""Writing batches to PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, cast

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq.abc import PGconn, PGresult

from kconv._errors import KconvError, Unavailable
from kconv._store.database import LOCK_TIMEOUT, Database
from kconv._store.database_errors import fault, may_succeed_again, without_password
from kconv._store.driver_connection import as_dbapi_error, driver_connection
from kconv._store.postgresql_engine import WRITE_SECONDS, settings
from kconv._store.postgresql_exchange import DONE, Exchange
from kconv._store.postgresql_input import has_input
from kconv._store.postgresql_patience import NoAnswer, ask
from kconv._store.postgresql_question import PREPARED, Question, questions
from kconv._store.write import Answered, Outcome, Sent, Write

_log = logging.getLogger(__name__)

ANSWER_SECONDS: Final = WRITE_SECONDS
"""How long a statement may take. Each lock it may need is waited for up to `LOCK_TIMEOUT`."""

_ATTEMPTS: Final = 5
_ADMIN_SHUTDOWN: Final = "57P01"
# Statements are planned once for all that the tables may come to hold, and a batch is small, so
# that an index is always right.
_PLANNING: Final = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
_SETTINGS: Final = "; ".join(
    f"SET {name} = {value}"
    for name, value in {"default_transaction_isolation": "'read committed'", **_PLANNING}.items()
).encode()
_TIMES: Final = settings(int(LOCK_TIMEOUT * 1000))
_BEGIN: Final = "; ".join(
    [
        "BEGIN ISOLATION LEVEL READ COMMITTED",
        *(f"SET LOCAL {name} = {value}" for name, value in _TIMES.items()),
        *(f"SET LOCAL {name} = {value}" for name, value in _PLANNING.items()),
    ]
).encode()
_PATIENCE: Final = b"SELECT setting FROM pg_settings WHERE name = 'lock_timeout'"


class PostgresqlConnection:
    """`WriteConnection` on PostgreSQL."""

    immediate = False

    def __init__(self, database: Database) -> None:
        self.patience = LOCK_TIMEOUT
        self._database = database
        self._connection: psycopg.Connection | None = None
        self._asked_at: float | None = None
        self._file = 0
        self._is_cut = False

    def write(self, writes: Sequence[Write], *, wait: bool = True) -> list[Outcome | None]:
        for attempt in range(1, _ATTEMPTS + 1):
            connection = self._usable()
            try:
                return self._answers(connection, writes)
            except psycopg.Error as raised:
                error = raised
            self._asked_at = None
            self._is_cut = self._is_cut or isinstance(error, NoAnswer)
            lost = connection.closed
            if lost:
                self.close()
            # A session that its administrator ends undoes first what it was doing.
            if lost and error.sqlstate != _ADMIN_SHUTDOWN:
                raise self._broke_at_commit() from error
            wrapped = as_dbapi_error(self._database, error, psycopg.Error, lost=lost)
            if attempt == _ATTEMPTS or not (lost or may_succeed_again(wrapped)):
                raise fault(wrapped, self._database.url) from error
        raise AssertionError("unreachable")

    def send(
        self, writes: Sequence[Write], loop: asyncio.AbstractEventLoop, answered: Answered
    ) -> Sent | None:
        connection = self._connection
        if connection is None or self._database.is_pooled or _has_ended(connection):
            return None
        asked = questions(writes)
        question = next(asked)

        def ask() -> None:
            self._asked_at = time.monotonic()
            exchange.send(question.name, question.arguments, question.formats)

        def outcomes() -> list[Outcome | None] | None:
            exchange.leave()
            self._asked_at = None
            return self._outcomes(connection, writes, question, exchange)

        def came() -> None:
            nonlocal question
            try:
                found = outcomes()
                if found is None and exchange.is_done:
                    following = next(asked, None)
                    if following is not None:
                        question = following
                        ask()
                        return
            except Exception:  # noqa: BLE001 - nobody else is going to tell who waits
                _log.exception("the answer to a batch of writes could not be read")
                exchange.leave()
                self.close()
                found = [self._broke_at_commit() for _ in writes]
            answered(found)

        def wait() -> list[Outcome | None] | None:
            try:
                exchange.wait(ANSWER_SECONDS)
            except NoAnswer:
                self._is_cut = True
            return outcomes()

        exchange = Exchange(connection.pgconn, loop, came)
        try:
            ask()
        except NotImplementedError:
            return None
        return wait

    def _outcomes(
        self,
        connection: psycopg.Connection,
        writes: Sequence[Write],
        question: Question,
        exchange: Exchange,
    ) -> list[Outcome | None] | None:
        """What became of writes that were sent; None where it was nothing, for now."""
        if exchange.is_done:
            return question.read(exchange.results[-1])
        first = exchange.results[0] if exchange.results else None
        error = None if first is None or first.status in DONE else error_from_result(first)
        if exchange.is_broken or connection.closed:
            if connection is self._connection:
                self.close()
            if error is not None and error.sqlstate == _ADMIN_SHUTDOWN:
                return None
            return [self._broke_at_commit() for _ in writes]
        if error is not None:
            wrapped = as_dbapi_error(self._database, error, psycopg.Error)
            told = fault(wrapped, self._database.url)
            if isinstance(told, Unavailable) and not may_succeed_again(wrapped):
                return [Unavailable(told.message, cause=told.cause) for _ in writes]
        return None

    def _broke_at_commit(self) -> Unavailable:
        where = without_password(self._database.url)
        if self._is_cut:
            return Unavailable(
                f"the database {where} has not answered a write for {ANSWER_SECONDS:g} s: "
                "read again to see whether it was kept",
                cause="does not answer",
                may_be_done=True,
            )
        return Unavailable(
            f"the connection to {where} broke at commit: "
            "read again to see whether the write was kept",
            cause="broke off the connection",
            may_be_done=True,
        )

    def _answers(
        self, connection: psycopg.Connection, writes: Sequence[Write]
    ) -> list[Outcome | None]:
        for question in questions(writes):
            self._asked_at = time.monotonic()
            result = self._run(connection, question)
            self._asked_at = None
            found = question.read(result)
            if found is not None:
                return found
        raise AssertionError("the last question is answered")

    def _run(self, connection: psycopg.Connection, question: Question) -> PGresult:
        """The result of the statement. Raises `psycopg.Error`."""
        session = connection.pgconn
        name, arguments, formats, _ = question
        if not self._database.is_pooled:
            return _ask(session, partial(session.send_query_prepared, name, arguments, formats))
        # The session is another one each time: what it is to have is set in the transaction.
        statement = PREPARED[name]
        send = partial(session.send_query_params, statement, arguments, param_formats=formats)
        try:
            _execute(session, _BEGIN)
            result = _ask(session, send)
        except psycopg.Error:
            if not connection.closed:
                with suppress(psycopg.Error):
                    _execute(session, b"ROLLBACK")
            raise
        _execute(session, b"COMMIT")
        return result

    def cut_if_late(self) -> None:
        file, asked_at, connection = self._file, self._asked_at, self._connection
        if asked_at is None or time.monotonic() - asked_at < ANSWER_SECONDS or connection is None:
            return
        # The number may be another file's by now: who asks closes it when the session ends.
        with (
            suppress(OSError, psycopg.Error),
            socket.socket(fileno=os.dup(connection.pgconn.socket)) as own,
        ):
            if os.fstat(own.fileno()).st_ino == file:
                self._is_cut = True
                own.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        self._asked_at = None
        if connection is not None:
            connection.close()

    def _usable(self) -> psycopg.Connection:
        if self._connection is not None and _has_ended(self._connection):
            self.close()
        return self._connection or self._open()

    def _open(self) -> psycopg.Connection:
        for first in (True, False):
            connection = cast("psycopg.Connection", driver_connection(self._database, self))
            try:
                self._prepare(connection)
            except BaseException as error:
                lost = connection.closed
                connection.close()
                if lost and first and isinstance(error, KconvError):
                    # The pool had it from before the server was restarted, and maybe others.
                    self._database.engine.dispose()
                    continue
                raise
            self._connection, self._is_cut = connection, False
            self._file = os.fstat(connection.pgconn.socket).st_ino
            return connection
        raise AssertionError("unreachable")

    def _prepare(self, connection: psycopg.Connection) -> None:
        connection.rollback()
        connection.autocommit = True
        session = connection.pgconn
        try:
            if not self._database.is_pooled:
                _execute(session, _SETTINGS)
            patience = _execute(session, _PATIENCE).get_value(0, 0)
            self.patience = int(patience or 0) / 1000 or LOCK_TIMEOUT
            if not self._database.is_pooled:
                for name, statement in PREPARED.items():
                    _ask(session, partial(session.send_prepare, name, statement))
        except psycopg.Error as error:
            wrapped = as_dbapi_error(self._database, error, psycopg.Error, lost=connection.closed)
            raise fault(wrapped, self._database.url) from error


def _execute(session: PGconn, statement: bytes) -> PGresult:
    return _ask(session, partial(session.send_query, statement))


def _ask(session: PGconn, send: Callable[[], None]) -> PGresult:
    """The result of what is asked, waited for in this thread. Raises `psycopg.Error`."""
    result = ask(session, send, ANSWER_SECONDS)[-1]
    if result.status not in DONE:
        raise error_from_result(result)
    return result


def _has_ended(connection: psycopg.Connection) -> bool:
    """Whether the server has said something while nobody asked: mostly, that it is going.

    So a connection that was cut is replaced before anything is sent on it, while it is certain
    that nothing was written.
    """
    return connection.closed or has_input(connection.pgconn.socket)
