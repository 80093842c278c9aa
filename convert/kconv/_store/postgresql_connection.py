"""Writing batches to PostgreSQL."""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import Final, cast

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from kconv._errors import KconvError, Unavailable
from kconv._store import postgresql_batch
from kconv._store.database import LOCK_TIMEOUT, Database
from kconv._store.database_errors import fault, may_succeed_again, without_password
from kconv._store.driver_connection import as_dbapi_error, driver_connection
from kconv._store.postgresql_batch import Answer
from kconv._store.write import Outcome, Write

_ATTEMPTS: Final = 5
_ADMIN_SHUTDOWN: Final = "57P01"
_DONE: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
_NAME: Final = b"kconv_write"
_STATEMENT: Final = postgresql_batch.STATEMENT.format(
    rows="$1", data="$2", before="$3", base="$4"
).encode()
# The statement is planned once for all that the tables may come to hold, and a batch is small, so
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
_BEGIN: Final = "; ".join(
    [
        "BEGIN ISOLATION LEVEL READ COMMITTED",
        f"SET LOCAL lock_timeout = {int(LOCK_TIMEOUT * 1000)}",
        *(f"SET LOCAL {name} = {value}" for name, value in _PLANNING.items()),
    ]
).encode()
_FORMATS: Final = [0, 1, 1, 1]
_PATIENCE: Final = b"SELECT setting FROM pg_settings WHERE name = 'lock_timeout'"


class PostgresqlConnection:
    """`WriteConnection` on PostgreSQL."""

    immediate = False

    def __init__(self, database: Database) -> None:
        self.patience = LOCK_TIMEOUT
        self._database = database
        self._connection: psycopg.Connection | None = None

    def write(self, writes: Sequence[Write], *, wait: bool = True) -> list[Outcome | None]:
        data, before, base = postgresql_batch.arrays(writes)
        arguments: list[bytes] = [
            postgresql_batch.rows(writes),
            postgresql_batch.binary_array(data),
            postgresql_batch.binary_array(before),
            postgresql_batch.binary_array(base),
        ]
        for attempt in range(1, _ATTEMPTS + 1):
            connection = self._usable()
            result = self._run(connection.pgconn, arguments)
            if result.status in _DONE:
                return postgresql_batch.outcomes(writes, _answers(result))
            error = error_from_result(result)
            lost = connection.closed
            if lost:
                self.close()
            # A session that its administrator ends undoes first what it was doing.
            if lost and error.sqlstate != _ADMIN_SHUTDOWN:
                raise Unavailable(
                    f"the connection to {without_password(self._database.url)} broke at commit: "
                    "read again to see whether the write was kept"
                ) from error
            wrapped = as_dbapi_error(self._database, error, psycopg.Error, lost=lost)
            if attempt == _ATTEMPTS or not (lost or may_succeed_again(wrapped)):
                raise fault(wrapped, self._database.url) from error
        raise AssertionError("unreachable")

    def _run(self, session: PGconn, arguments: Sequence[bytes]) -> PGresult:
        """The result of the statement; of what failed, where it is not alone."""
        if not self._database.is_pooled:
            return session.exec_prepared(_NAME, arguments, _FORMATS)
        # The session is another one each time: what it is to have is set in the transaction.
        begun = session.exec_(_BEGIN)
        if begun.status not in _DONE:
            session.exec_(b"ROLLBACK")
            return begun
        result = session.exec_params(_STATEMENT, arguments, param_formats=_FORMATS)
        ended = session.exec_(b"COMMIT" if result.status in _DONE else b"ROLLBACK")
        return result if ended.status in _DONE else ended

    def close(self) -> None:
        connection, self._connection = self._connection, None
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
            self._connection = connection
            return connection
        raise AssertionError("unreachable")

    def _prepare(self, connection: psycopg.Connection) -> None:
        connection.rollback()
        connection.autocommit = True
        session = connection.pgconn
        if not self._database.is_pooled:
            self._check(connection, session.exec_(_SETTINGS))
        patience = self._check(connection, session.exec_(_PATIENCE)).get_value(0, 0)
        self.patience = int(patience or 0) / 1000 or LOCK_TIMEOUT
        if not self._database.is_pooled:
            self._check(connection, session.prepare(_NAME, _STATEMENT))

    def _check(self, connection: psycopg.Connection, result: PGresult) -> PGresult:
        if result.status in _DONE:
            return result
        error = error_from_result(result)
        wrapped = as_dbapi_error(self._database, error, psycopg.Error, lost=connection.closed)
        raise fault(wrapped, self._database.url) from error


def _has_ended(connection: psycopg.Connection) -> bool:
    """Whether the server has said something while nobody asked: mostly, that it is going.

    So a connection that was cut is replaced before anything is sent on it, while it is certain
    that nothing was written.
    """
    if connection.closed:
        return True
    descriptor = connection.pgconn.socket
    if not hasattr(select, "poll"):
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _answers(result: PGresult) -> list[Answer]:
    answers = []
    for row in range(result.ntuples):
        n, said, uid, number = (result.get_value(row, column) for column in range(4))
        answers.append(
            (
                int(n or 0),
                (said or b"").decode(),
                None if uid is None else uid.decode(),
                None if number is None else int(number),
            )
        )
    return cast("list[Answer]", answers)
