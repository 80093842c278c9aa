"""A store on each kind of database."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection

from fixtures.postgres import STORE_TABLES, PostgresServer, empty
from kconv._store import SqlStore, clients, clock, open_store, runs, servers
from kconv._store.database import Database, parse_url
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1


@pytest.fixture
def fresh_url(database_url: str) -> str:
    """The URL of a database with tables that the test may alter."""
    db.upgrade(database_url)
    return database_url


@pytest.fixture(params=["sqlite", "postgresql"])
def upgraded_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with tables and nothing in them.

    Making one on PostgreSQL takes long, so there the tests share one; they must leave its tables
    as they are.
    """
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("_sqlite_template")
        return f"sqlite:///{shutil.copy(template, tmp_path / 'kconv.db')}"
    url: str = request.getfixturevalue("_postgres_shared")
    empty(url, STORE_TABLES)
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        connection.execute("UPDATE kconv_revision SET value = 1, compacted = 0, rewrites = 0")
    return url


@pytest.fixture
def reopen(upgraded_url: str) -> Iterator[Callable[[], SqlStore]]:
    """Opens another store on the test's database, as another server would."""
    opened: list[SqlStore] = []

    def open_another() -> SqlStore:
        opened.append(open_store(upgraded_url))
        return opened[-1]

    yield open_another
    for each in opened:
        each.close()


@pytest.fixture
def store(reopen: Callable[[], SqlStore]) -> SqlStore:
    """A store that prefers batch/v1 for cronjobs."""
    opened = reopen()
    opened.ensure([(GROUP, RESOURCE, V1)])
    return opened


@pytest.fixture
def database(upgraded_url: str) -> Iterator[Database]:
    """Connections of the test's own to its database."""
    opened = Database(parse_url(upgraded_url))
    yield opened
    opened.close()


@pytest.fixture
def fresh_store(fresh_url: str) -> Iterator[SqlStore]:
    """A store whose tables the test may alter."""
    opened = open_store(fresh_url)
    opened.ensure([(GROUP, RESOURCE, V1)])
    yield opened
    opened.close()


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets the database's clock, as the store reads it, go on by so many seconds."""
    passed = 0.0

    def now(connection: Connection) -> float:
        return clock.now(connection) + passed

    def pass_seconds(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    for module in (clients, runs, servers):
        monkeypatch.setattr(module, "now", now)
    return pass_seconds


@pytest.fixture
def stoppable(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """PostgreSQL, which the test may stop."""
    yield postgres_server
    postgres_server.stop()
    postgres_server.start()
