"""The store in a SQL database."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection

from kconv._errors import TablesOutdated, UsageError
from kconv._store import counter, objects, rewrite, scan, version_record
from kconv._store.database import Database, leave_to_parent, parse_url, renew_after_fork
from kconv._store.database_errors import no_tables, unknown_tables, without_password
from kconv._store.group_commit import Writer
from kconv._store.postgresql_probe import is_postgresql, probe
from kconv._store.protocol import Reader, Snapshot, Store
from kconv._store.records import AsRead, Change, Count, Key, Page, StorageVersion, Stored
from kconv._store.sql_change_log import SqlChangeLog
from kconv._store.sql_operations import SqlOperations
from kconv._store.sqlite_reader import SqliteReader
from kconv._store.table_revision import table_revision
from kconv._store.tables import TABLES_REVISION
from kconv._store.write import Write
from kconv._store.write_statistics import WriteStatistics

T = TypeVar("T")


def open_store(url: str) -> SqlStore:
    """Open the store in the database at ``url``, ``sqlite:///FILE`` or ``postgresql://…``.

    Raises `UsageError` for a URL that is none or a driver that is not installed, `Unavailable`
    for a database that cannot be reached, and `TablesOutdated` where ``kconv db upgrade`` must
    run first or a later release of kconv made the tables.
    """
    database = Database(parse_url(url))
    database.waits_for_ever = False
    try:
        check_tables(database)
    except BaseException:
        database.close()
        raise
    return SqlStore(database, url)


class SqlStore(SqlChangeLog, SqlOperations, Store):
    """`kconv._store.protocol.Store` on SQLite or PostgreSQL; see there for what each call does.

    It may be used from any thread and, after a fork, by the child too. Pickling it (a process
    pool) sends the URL; the receiver opens its own.
    """

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._url = url
        self._writer = Writer(database)
        renew_after_fork(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return open_store, (self._url,)

    def __repr__(self) -> str:
        return f"SqlStore({without_password(self._database.url)!r})"

    @property
    def has_row_locks(self) -> bool:
        return not self._database.sqlite

    def get(self, key: Key) -> Stored:
        return self._database.peek(lambda connection: objects.get(connection, key))

    def create(
        self, key: Key, *, uid: str, api_version: str, data: bytes, before: bytes | None = None
    ) -> Stored:
        return self._writer.write(Write("ADDED", key, api_version, data, before, uid=uid))

    def update(
        self,
        key: Key,
        *,
        expected: int,
        api_version: str,
        data: bytes,
        before: bytes | None = None,
    ) -> Stored:
        write = Write("MODIFIED", key, api_version, data, before, expected=expected)
        return self._writer.write(write)

    def delete(
        self,
        key: Key,
        *,
        expected: int,
        api_version: str,
        data: bytes,
        before: bytes | None = None,
    ) -> Stored:
        write = Write("DELETED", key, api_version, data, before, expected=expected)
        return self._writer.write(write)

    def write(self, write: Write) -> Stored:
        return self._writer.write(write)

    def submit(self, write: Write) -> asyncio.Future[Stored]:
        return self._writer.submit(write)

    def write_statistics(self) -> WriteStatistics:
        """What the writer of this process has done, and what waits for it."""
        return self._writer.statistics()

    def pooled_connections(self) -> tuple[int, int]:
        """How many connections of this process's pool are in use, and how many are idle."""
        return self._database.pooled()

    def list(
        self,
        group: str,
        resource: str,
        *,
        namespace: str | None = None,
        limit: int | None = None,
        after: tuple[str, str] | None = None,
    ) -> Page:
        if limit is not None and limit < 1:
            raise UsageError(f"a page needs a limit of at least 1, not {limit}")
        return self._database.read(
            lambda connection: objects.page(connection, group, resource, namespace, limit, after)
        )

    def snapshot(self, group: str, resource: str, most_bytes: int) -> Snapshot | None:
        def read(connection: Connection) -> Snapshot | None:
            look = counter.look(connection)
            rows = objects.snapshot(connection, group, resource, most_bytes)
            return None if rows is None else Snapshot(rows, look)

        return self._database.read(read)

    def open_reader(self) -> Reader:
        if self._database.sqlite:
            return SqliteReader(self._database)
        # Its driver may not be installed.
        from kconv._store.postgresql_reader import PostgresqlReader

        return PostgresqlReader(self._database)

    def ensure(self, kinds: Iterable[tuple[str, str, str]]) -> None:
        wanted = list(kinds)
        self._writer.alone(lambda connection: version_record.ensure(connection, wanted))

    def storage_versions(self) -> builtins.list[StorageVersion]:
        return self._database.peek(version_record.recorded)

    def storage_version(self, group: str, resource: str) -> str:
        return self._database.peek(
            lambda connection: version_record.preferred(connection, group, resource)
        )

    def prefer(
        self, group: str, resource: str, api_version: str, *, live: float | None = None
    ) -> None:
        self._writer.alone(
            lambda connection: version_record.prefer(connection, group, resource, api_version, live)
        )

    def prefer_all(
        self, versions: Iterable[tuple[str, str, str]], *, live: float | None = None
    ) -> None:
        wanted = list(versions)
        self._writer.alone(lambda connection: version_record.prefer_all(connection, wanted, live))

    def counts(self) -> builtins.list[Count]:
        return self._database.read(version_record.counts, takes_long=True)

    def scan_objects(
        self,
        group: str,
        resource: str,
        *,
        other_than: str,
        after: tuple[str, str] | None,
        limit: int,
        until: tuple[str, str] | None = None,
        passing_over: str = "",
    ) -> builtins.list[Stored]:
        return self._look(
            lambda connection: scan.scan_objects(
                connection, group, resource, other_than, after, limit, until, passing_over
            )
        )

    def scan_changes(
        self,
        group: str,
        resource: str,
        *,
        other_than: str,
        after: int,
        limit: int,
        until: int | None = None,
        passing_over: str = "",
    ) -> builtins.list[Change]:
        return self._look(
            lambda connection: scan.scan_changes(
                connection, group, resource, other_than, after, limit, until, passing_over
            )
        )

    def objects_boundary(
        self,
        group: str,
        resource: str,
        *,
        other_than: str,
        after: tuple[str, str] | None,
        rows: int,
    ) -> tuple[str, str] | None:
        return self._database.peek(
            lambda connection: scan.objects_boundary(
                connection, group, resource, other_than, after, rows
            ),
            takes_long=True,
        )

    def changes_boundary(
        self, group: str, resource: str, *, other_than: str, after: int, rows: int
    ) -> int | None:
        return self._database.peek(
            lambda connection: scan.changes_boundary(
                connection, group, resource, other_than, after, rows
            ),
            takes_long=True,
        )

    def rewrite(
        self,
        items: Sequence[tuple[AsRead, str, bytes]],
        *,
        run: str | None = None,
        keep_undo: bool = False,
    ) -> int:
        return self._writer.alone(
            lambda connection: rewrite.rewrite(connection, items, run, keep_undo)
        )

    def rewrite_changes(
        self, items: Sequence[tuple[AsRead, str, bytes]], *, run: str | None = None
    ) -> int:
        return self._writer.alone(
            lambda connection: rewrite.rewrite_changes(connection, items, run)
        )

    def drop(self, group: str, resource: str, api_version: str) -> bool:
        # First without keeping writers waiting: where no row is left, PostgreSQL remembers in the
        # index which entries lead nowhere any more, so that the second look is quick.
        if self._database.read(
            lambda connection: version_record.has_rows(connection, group, resource, api_version),
            takes_long=True,
        ):
            return False
        return self._writer.alone(
            lambda connection: version_record.drop(connection, group, resource, api_version)
        )

    def _look(self, work: Callable[[Connection], T]) -> T:
        """Read a page of `scan_objects`, which on PostgreSQL is a single statement."""
        return self._database.read(work) if self._database.sqlite else self._database.peek(work)

    def renew(self) -> None:
        """Begin anew with own connections, in a forked child; happens by itself."""
        leave_to_parent(self._writer)
        self._database.renew()
        self._writer = Writer(self._database)

    def close(self) -> None:
        self._writer.close()
        self._database.close()


def check_tables(database: Database) -> None:
    """Compare the database's Alembic revision with the one that this code needs.

    Raises `TablesOutdated` where they differ, and `Unsupported` for a database that speaks
    PostgreSQL's protocol and cannot do what is needed.
    """

    def look(connection: Connection) -> tuple[str | None, bool]:
        return table_revision(connection), database.sqlite or is_postgresql(connection)

    found, is_known = database.read(look)
    url = database.url
    if not is_known:
        probe(database)
    if found is None:
        raise no_tables(url)
    if not found.isdecimal() or found > TABLES_REVISION:
        raise unknown_tables(url, found, TABLES_REVISION)
    if found < TABLES_REVISION:
        raise TablesOutdated(
            f"the tables in {without_password(url)} are of an older release "
            f"(revision {found}, this one needs {TABLES_REVISION}): "
            f"run `kconv db upgrade --db {without_password(url)}`"
        )
