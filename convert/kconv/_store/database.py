"""Opening a database: its URL, its driver, and the three ways to talk to it."""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from kconv._errors import Unavailable, UsageError
from kconv._store.database_errors import (
    fault,
    is_unanswered,
    lost_connection,
    may_succeed_again,
    no_tables,
    without_password,
)
from kconv._store.postgresql_engine import READ_SECONDS, WRITE_SECONDS, PostgresqlEngine
from kconv._store.sqlite_files import SqliteFiles

T = TypeVar("T")

LOCK_TIMEOUT: Final = 10.0
"""Seconds that a statement waits for another process' lock."""

_ATTEMPTS: Final = 5
_DRIVERS: Final = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_EXAMPLES: Final = "sqlite:///kconv.db or postgresql://user@host/name"


def parse_url(url: str) -> URL:
    """Read a database URL and settle its driver.

    Raises `UsageError` for what is no URL, for other databases than SQLite and PostgreSQL, and
    for SQLite in memory, which no second connection could see.
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        quoted = "" if "@" in url else f' "{url}"'
        raise UsageError(f"not a database URL{quoted}: write {_EXAMPLES}")
    driver = _DRIVERS.get(scheme)
    if driver is None:
        raise UsageError(f'no database "{scheme}": write {_EXAMPLES}')
    try:
        parsed = make_url(url).set(drivername=driver)
    except (ArgumentError, ValueError):
        raise UsageError(f"not a {scheme} URL that can be read: write {_EXAMPLES}") from None
    if is_sqlite(parsed):
        if parsed.host or parsed.username:
            raise UsageError(
                "a SQLite URL has three slashes before a relative path and four before an "
                "absolute one: sqlite:///kconv.db, sqlite:////var/lib/kconv.db"
            )
        if not parsed.database or parsed.database == ":memory:" or "uri" in parsed.query:
            raise UsageError(f"SQLite needs a file: write {_EXAMPLES}")
    return parsed


def is_sqlite(url: URL) -> bool:
    """Whether the URL is of SQLite; else it is of PostgreSQL."""
    return url.drivername.startswith("sqlite")


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite URL; None for PostgreSQL."""
    return Path(url.database or "") if is_sqlite(url) else None


class Renewable(Protocol):
    """What holds connections or locks that a forked child cannot use."""

    def renew(self) -> None:
        """Begin anew, in the child."""


class Database:
    """An engine and the three ways to use it: `peek`, `read` and `write`.

    Each takes a function of a connection and returns what that returns; each raises `KconvError`
    only (besides what the function raises by itself). A function may be run again after a lost
    connection or a deadlock, so it must have no other effect than through its connection.
    """

    def __init__(self, url: URL, *, create: bool = False) -> None:
        """Prepare to connect; ``create`` lets SQLite make a file that is not there.

        Raises `UsageError` when the driver is not installed, `TablesOutdated` when a SQLite file is
        not there.
        """
        file = sqlite_file(url)
        if file is not None and not create and not file.exists():
            raise no_tables(url)
        self.url: Final = url
        self.sqlite: Final = file is not None
        self.waits_for_ever = True
        """Whether any answer of PostgreSQL is waited for, as that about large tables has to be."""
        self._files: Final = None if file is None else SqliteFiles(url, file)
        self._open_engine()

    def _open_engine(self) -> None:
        self._is_closed = False
        self._postgresql: PostgresqlEngine | None = None
        if self._files is not None:
            self.engine = _sqlite_engine(self.url, self._files)
            return
        self._postgresql = PostgresqlEngine(self.url, LOCK_TIMEOUT, **_SIZES)
        self.engine = self._postgresql.engine

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler stands before PostgreSQL, so that sessions keep nothing.

        That is known once there has been a connection.
        """
        return self._postgresql is not None and self._postgresql.is_pooled

    def check_file(self) -> None:
        """See that SQLite's files are those that were opened. Raises `Unavailable`.

        What was moved away, deleted or replaced takes writes still, which nobody would ever see.
        """
        if self._files is not None:
            self._files.check()

    def peek(self, work: Callable[[Connection], T], *, takes_long: bool = False) -> T:
        """Run a single reading statement."""
        options = {"kconv_begin": ""} if self.sqlite else {"isolation_level": "AUTOCOMMIT"}
        return self._reading(work, options, takes_long=takes_long)

    def read(self, work: Callable[[Connection], T], *, takes_long: bool = False) -> T:
        """Run several reading statements that all see the database at one moment.

        One that ``takes_long``, since it looks at all rows of a table, is waited for as long as it
        takes.
        """
        options: dict[str, Any] = {"kconv_begin": "BEGIN"}
        if not self.sqlite:
            # Not as READ ONLY: the driver would set the connection to READ WRITE for what comes
            # after it, whatever the database says of that (default_transaction_read_only).
            options = {"isolation_level": "REPEATABLE READ"}
        return self._reading(work, options, takes_long=takes_long)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run a transaction; on SQLite it is the only writing one from its start."""
        options = {"kconv_begin": "BEGIN IMMEDIATE"}
        if not self.sqlite:
            # A statement that waited for a row lock must then see what the holder committed.
            options = {"isolation_level": "READ COMMITTED"}
        self.check_file()
        for attempt in range(1, _ATTEMPTS + 1):
            committing = False
            try:
                with self._connect(options, WRITE_SECONDS) as connection:
                    if self._postgresql is not None:
                        self._postgresql.begin(connection)
                    result = work(connection)
                    committing = True
                    connection.commit()
                return result
            except DBAPIError as error:
                if committing and lost_connection(error):
                    raise Unavailable(
                        f"the connection to {without_password(self.url)} broke at commit: "
                        "read again to see whether the write was kept",
                        cause="broke off the connection",
                        may_be_done=True,
                    ) from error
                again = may_succeed_again(error) or lost_connection(error)
                if attempt == _ATTEMPTS or not again or is_unanswered(error):
                    raise fault(error, self.url) from error
            except SQLAlchemyError as error:
                raise fault(error, self.url) from error
        raise AssertionError("unreachable")

    def write_within(self, seconds: float, work: Callable[[Connection], T]) -> T:
        """`write`, tried once, that waits no longer than ``seconds`` for a lock."""
        self.check_file()
        milliseconds = max(1, int(seconds * 1000))
        options = {"kconv_begin": "BEGIN IMMEDIATE"}
        if not self.sqlite:
            options = {"isolation_level": "READ COMMITTED"}
        try:
            with self._connect(options, WRITE_SECONDS) as connection:
                if self._postgresql is not None:
                    self._postgresql.begin(connection)
                with self._patience(connection, milliseconds):
                    result = work(connection)
                    connection.commit()
                return result
        except SQLAlchemyError as error:
            raise fault(error, self.url) from error

    @contextmanager
    def _patience(self, connection: Connection, milliseconds: int) -> Iterator[None]:
        """How long this one transaction waits for locks."""
        if not self.sqlite:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
            yield
            return
        # By the driver, for a statement through SQLAlchemy would begin the transaction.
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection), "the driver of `parse_url`"
        usual = driver.execute("PRAGMA busy_timeout").fetchone()[0]
        driver.execute(f"PRAGMA busy_timeout = {milliseconds}")
        try:
            yield
        finally:
            driver.execute(f"PRAGMA busy_timeout = {usual}")

    def pooled(self) -> tuple[int, int]:
        """How many pooled connections are in use, and how many are idle."""
        pool = self.engine.pool
        assert isinstance(pool, QueuePool), "the engine was made with sizes of a pool"
        return pool.checkedout(), pool.checkedin()

    def driver_arguments(self) -> dict[str, Any]:
        """What the driver is to connect with, for connections outside the pool."""
        _, found = self.engine.dialect.create_connect_args(self.url)
        return {**found, **(self._postgresql.arguments() if self._postgresql else {})}

    def close(self) -> None:
        """Close the pooled connections.

        One that a thread still uses is closed when it is done, and so is one that is opened later.
        """
        self._is_closed = True
        self.engine.dispose()

    def renew(self) -> None:
        """Leave the connections to the parent process; called in a forked child."""
        leave_to_parent(self.engine)
        self._open_engine()

    def _reading(
        self, work: Callable[[Connection], T], options: dict[str, Any], *, takes_long: bool
    ) -> T:
        self.check_file()
        patience = None if takes_long else READ_SECONDS
        for attempt in (1, 2):
            try:
                with self._connect(options, patience) as connection:
                    return work(connection)
            except DBAPIError as error:
                if attempt == 2 or not lost_connection(error):
                    raise fault(error, self.url) from error
            except SQLAlchemyError as error:
                raise fault(error, self.url) from error
        raise AssertionError("unreachable")

    @contextmanager
    def _connect(self, options: dict[str, Any], patience: float | None) -> Iterator[Connection]:
        pool = self.engine.pool
        try:
            with self.engine.connect() as connection:
                if self._postgresql is not None:
                    self._postgresql.wait(connection, None if self.waits_for_ever else patience)
                yield connection.execution_options(**options)
        finally:
            if self._is_closed:
                # It has gone back to a pool that was emptied before, or is another one by now.
                pool.dispose()
                self.engine.dispose()


_WAL_PAUSE: Final = 0.005
# The connection that was used last comes first: each that is used keeps a page cache of its own.
_SIZES: Final[dict[str, Any]] = {
    "pool_size": 10, "max_overflow": 10, "pool_timeout": 30, "pool_use_lifo": True,
}  # fmt: skip


def _sqlite_engine(url: URL, files: SqliteFiles) -> Engine:
    timeout = float(str(url.query.get("timeout", LOCK_TIMEOUT)))
    engine = create_engine(url, connect_args={"timeout": timeout}, **_SIZES)
    event.listen(engine, "connect", _sqlite_pragmas)
    event.listen(engine, "connect", lambda *_: files.opened())
    event.listen(engine, "checkin", _sqlite_shrink)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own handling of transactions is off: `_sqlite_begin` says BEGIN.
    connection.isolation_level = None
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _sqlite_shrink(connection: sqlite3.Connection | None, _record: object) -> None:
    # What waits in the pool keeps no pages: the system has them, and over hours each would fill up.
    if connection is not None:
        connection.execute("PRAGMA shrink_memory")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Go over to a write-ahead log. SQLite itself waits for no other user of the file here."""
    milliseconds = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    deadline = time.monotonic() + milliseconds / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= deadline:
                raise
            time.sleep(_WAL_PAUSE)
        else:
            return


def _sqlite_begin(connection: Connection) -> None:
    statement = connection.get_execution_options().get("kconv_begin", "BEGIN")
    if statement:
        connection.exec_driver_sql(statement)


_inherited: list[object] = []
_renewable: weakref.WeakSet[Renewable] = weakref.WeakSet()


def leave_to_parent(holder: object) -> None:
    """Keep, in a forked child, what holds connections that it inherited.

    It must neither use nor close them: what it sends on them would reach the database as the
    parent's.
    """
    _inherited.append(holder)


def renew_after_fork(holder: Renewable) -> None:
    """Have ``holder.renew()`` called in every child that this process forks."""
    _renewable.add(holder)


def _renew_all() -> None:
    for holder in list(_renewable):
        holder.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
