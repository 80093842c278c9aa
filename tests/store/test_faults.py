"""What a person is told when the database is not as it should be."""

import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from fixtures.postgres import PostgresServer
from fixtures.until import until
from kconv._errors import KconvError, StoreError, TablesOutdated, Unavailable, UsageError
from kconv._store import SqlStore, open_store, postgresql_engine
from kconv._store.database import Database, parse_url
from kconv._store.database_errors import fault
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, create, cronjob


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "not a database URL"),
        ("kconv.db", 'not a database URL "kconv.db"'),
        ("user:s3cret@host", "not a database URL: write"),
        ("mysql://user:s3cret@host/name", 'no database "mysql"'),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///", "SQLite needs a file"),
        ("sqlite:///:memory:", "SQLite needs a file"),
        ("sqlite://kconv.db", "three slashes"),
        ("postgresql://user:s3cret@host:port/name", "not a postgresql URL"),
    ],
)
def test_url_that_is_none(url: str, message: str) -> None:
    for use in (open_store, db.upgrade, db.current, db.is_empty):
        with pytest.raises(UsageError) as caught:
            use(url)
        assert message in str(caught.value)
        assert "sqlite:///" in str(caught.value)
        assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_missing_driver_says_what_to_install(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"pip install \"kconv\[postgres\]\""):
        open_store(f"{scheme}://user@host/name")


def test_unreachable_server_is_named_without_its_password() -> None:
    for url in (
        "postgres://me:s3cret@127.0.0.1:1/name",
        "postgresql://127.0.0.1:1/name?user=me&password=s3cret",
    ):
        with pytest.raises(
            Unavailable, match=r"cannot reach the database .*127\.0\.0\.1"
        ) as caught:
            open_store(url)
        assert "s3cret" not in str(caught.value)
        assert caught.value.exit_code == 3
        assert "\n" not in str(caught.value)


def test_missing_database_on_a_server(postgres_url: str) -> None:
    with pytest.raises(Unavailable, match="does not exist"):
        open_store(postgres_url.replace("/test_", "/none_"))


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        ("CREATE ROLE shut LOGIN CONNECTION LIMIT 0", "is busy: no connection is free"),
        ("CREATE ROLE shut NOLOGIN", "does not let this user in"),
        ("", "does not let this user in: create the role"),
    ],
)
def test_a_server_that_refuses_the_connection(
    postgres_url: str, refused: str, message: str
) -> None:
    """Whoever is told to see whether it runs would look in the wrong place."""
    conninfo = postgres_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(conninfo, autocommit=True) as admin:
        admin.execute(refused.encode() or b"SELECT 1")
        try:
            with pytest.raises(Unavailable, match=message) as caught:
                open_store(postgres_url.replace("postgres@", "shut@"))
        finally:
            admin.execute("DROP ROLE IF EXISTS shut")
    assert caught.value.cause in message
    assert "is the server running" not in str(caught.value)


def test_what_stops_in_a_transaction_holds_up_nobody_for_long(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process does whose machine is paused, or gone, with the counter in its hands."""
    monkeypatch.setattr(postgresql_engine, "IDLE_SECONDS", 1)
    db.upgrade(postgres_url)
    held, go_on = threading.Event(), threading.Event()
    values: list[object] = []

    def stop(connection: Connection) -> None:
        connection.execute(text("UPDATE kconv_revision SET value = value"))
        held.set()
        assert go_on.wait(60)
        values.append(connection.execute(text("SELECT value FROM kconv_revision")).scalar_one())

    with closing(open_store(postgres_url)) as stopped, closing(open_store(postgres_url)) as other:
        other.ensure([(GROUP, RESOURCE, V1)])
        thread = threading.Thread(target=stopped._database.write, args=(stop,))
        thread.start()
        assert held.wait(10)
        made = create(other, "a")
        go_on.set()
        thread.join(30)
    assert values == [made.resource_version], "it was done anew, after the other's write"


def test_missing_file_is_not_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}"
    with pytest.raises(TablesOutdated, match=f"kconv db upgrade --db sqlite.*{tmp_path}"):
        open_store(url)
    assert list(tmp_path.iterdir()) == []


def test_missing_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'none' / 'kconv.db'}"
    with pytest.raises(Unavailable, match=r"folder .* does not exist"):
        db.upgrade(url)


def test_file_that_is_something_else(tmp_path: Path) -> None:
    file = tmp_path / "kconv.db"
    file.write_bytes(b"kind: CronJob\n" * 500)
    with pytest.raises(Unavailable, match="is not a SQLite database"):
        open_store(f"sqlite:///{file}")
    with pytest.raises(Unavailable, match="cannot be opened"):
        open_store(f"sqlite:///{tmp_path}")


def test_database_without_tables(database_url: str) -> None:
    if database_url.startswith("sqlite:///"):
        Path(database_url.removeprefix("sqlite:///")).touch()
    with pytest.raises(TablesOutdated, match=r"no tables of kconv.*kconv db upgrade") as caught:
        open_store(database_url)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("found", "advice"),
    [("0000", "older release.*kconv db upgrade"), ("9999", "upgrade kconv$"), ("1a2b", "its own$")],
)
def test_tables_of_another_release(fresh_url: str, found: str, advice: str) -> None:
    database = Database(parse_url(fresh_url))
    database.write(
        lambda connection: connection.execute(
            text("UPDATE kconv_alembic_version SET version_num = :found"), {"found": found}
        )
    )
    database.close()
    with pytest.raises(TablesOutdated, match=advice):
        open_store(fresh_url)


def test_tables_that_vanish_under_an_open_store(fresh_store: SqlStore) -> None:
    fresh_store._database.write(
        lambda connection: connection.execute(text("DROP TABLE kconv_objects"))
    )
    for call in (_get, _list, _create, _counts):
        with pytest.raises(TablesOutdated):
            call(fresh_store)


def test_locked_database_is_unavailable_after_the_timeout(upgraded_url: str) -> None:
    sqlite = upgraded_url.startswith("sqlite")
    holder = Database(parse_url(upgraded_url))
    patience = "timeout=0.2" if sqlite else "options=-c%20lock_timeout%3D200"
    store = open_store(f"{upgraded_url}{'?' if sqlite else '&'}{patience}")
    store.ensure([(GROUP, RESOURCE, V1)])

    def hold(connection: Connection) -> None:
        connection.execute(text("UPDATE kconv_revision SET value = value"))
        started = time.monotonic()
        with pytest.raises(Unavailable, match="is locked by another process"):
            create(store, "a")
        assert time.monotonic() - started < 5
        assert store.list(GROUP, RESOURCE).items == [], "readers go on"

    holder.write(hold)
    create(store, "a")
    store.close()
    holder.close()


def test_read_only_database(store: SqlStore) -> None:
    made = create(store, "a")
    engine = store._database.engine
    statement = "PRAGMA query_only = ON"
    if not store._database.sqlite:
        statement = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
    _on_connect(engine, statement)
    store.close()
    with pytest.raises(Unavailable, match="read-only"):
        create(store, "b")
    assert store.get(made.key) == made


def test_full_disk(sqlite_url: str) -> None:
    db.upgrade(sqlite_url)
    store = open_store(sqlite_url)
    store.ensure([(GROUP, RESOURCE, V1)])
    made = create(store, "a")
    _on_connect(store._database.engine, "PRAGMA max_page_count = 1")
    store.close()
    with pytest.raises(Unavailable, match="disk is full"):
        create(store, "b", data=b"x" * 1_000_000)
    assert store.get(made.key) == made
    store.close()


def _on_connect(engine: Engine, statement: str) -> None:
    def run(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(statement)
        connection.commit()

    event.listen(engine, "connect", run)


@pytest.mark.parametrize(
    ("code", "kind", "advice"),
    [
        ("SQLITE_BUSY_SNAPSHOT", Unavailable, "locked"),
        ("SQLITE_READONLY_DBMOVED", Unavailable, "read-only"),
        ("SQLITE_IOERR_FSYNC", Unavailable, "check the disk"),
        ("SQLITE_CORRUPT", Unavailable, "backup"),
        ("SQLITE_CANTOPEN", Unavailable, "folder exists"),
        ("SQLITE_MISUSE", StoreError, "kconv.db"),
    ],
)
def test_every_failure_of_sqlite_has_advice(code: str, kind: type[KconvError], advice: str) -> None:
    original = sqlite3.OperationalError("what SQLite says")
    original.sqlite_errorname = code
    found = fault(OperationalError("SELECT", {}, original), parse_url("sqlite:///kconv.db"))
    assert type(found) is kind
    assert advice in str(found)
    assert "what SQLite says" in str(found)
    assert "SELECT" not in str(found)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (psycopg.OperationalError("the connection is lost"), Unavailable),
        (psycopg.InterfaceError("the connection is closed"), Unavailable),
        (psycopg.DatabaseError("server closed the connection unexpectedly"), Unavailable),
        (psycopg.errors.AdminShutdown("terminating connection"), Unavailable),
        (psycopg.errors.CrashShutdown("terminating connection"), Unavailable),
        (psycopg.errors.CannotConnectNow("the database system is starting up"), Unavailable),
        (psycopg.errors.ConnectionFailure("broken"), Unavailable),
        (psycopg.ProgrammingError("the query has 2 placeholders"), StoreError),
        (psycopg.DataError("text fields cannot contain NUL"), StoreError),
        (psycopg.errors.SyntaxError("at or near"), StoreError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_errors_of_postgresql(raised: psycopg.Error, kind: type[KconvError]) -> None:
    """What the server cannot help is told from what was called wrongly, with a code and without."""
    dialect = create_engine("postgresql+psycopg://").dialect
    wrapped = DBAPIError.instance(None, None, raised, psycopg.Error, dialect=dialect)
    assert isinstance(wrapped, DBAPIError)
    assert type(fault(wrapped, parse_url("postgresql://kconv@host/name"))) is kind


def test_server_that_goes_away_and_comes_back(postgres_url: str, stoppable: PostgresServer) -> None:
    db.upgrade(postgres_url)
    with closing(open_store(postgres_url)) as store:
        store.ensure([(GROUP, RESOURCE, V1)])
        made = create(store, "a")
        stoppable.stop()
        for call in (_get, _create):
            with pytest.raises(Unavailable, match="cannot reach"):
                call(store)
        stoppable.start()
        assert store.get(made.key) == made
        assert create(store, "b").resource_version == made.resource_version + 1


def _get(store: SqlStore) -> object:
    return store.get(cronjob("a"))


def _list(store: SqlStore) -> object:
    return store.list(GROUP, RESOURCE)


def _create(store: SqlStore) -> object:
    return create(store, "b")


def _counts(store: SqlStore) -> object:
    return store.counts()


@pytest.mark.parametrize("call", [_get, _list, _create, _counts])
def test_cut_connection_is_replaced_unnoticed(
    postgres_url: str, call: Callable[[SqlStore], object]
) -> None:
    db.upgrade(postgres_url)
    with closing(open_store(postgres_url)) as store:
        store.ensure([(GROUP, RESOURCE, V1)])
        create(store, "a")
        conninfo = postgres_url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(conninfo, autocommit=True) as admin:
            ours = "application_name = 'kconv' AND datname = current_database()"
            admin.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
            count = f"SELECT count(*) FROM pg_stat_activity WHERE {ours}"
            # What is cut while a write is on its way is told: nobody can know then.
            until(lambda: admin.execute(count).fetchone() == (0,))
        call(store)
