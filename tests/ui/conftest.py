"""Stores to look at on SQLite and PostgreSQL: one of each for all tests that only read."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from fixtures.postgres import PostgresServer
from kconv._pipeline import Pipeline
from kconv._store import SqlStore, open_store
from migrate.samples import installed
from ui.site import Site, fill, migrated

NewStore = Callable[[], AbstractContextManager[SqlStore]]


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    return Pipeline(installed())


@pytest.fixture(scope="session")
def new_sqlite_store(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> NewStore:
    """Opens stores with tables in SQLite files of their own."""

    @contextmanager
    def opened() -> Iterator[SqlStore]:
        file = shutil.copy(_sqlite_template, tmp_path_factory.mktemp("ui") / "kconv.db")
        store = open_store(f"sqlite:///{file}")
        yield store
        store.close()

    return opened


@pytest.fixture(scope="session")
def new_postgresql_store(postgres_server: PostgresServer, _postgres_template: str) -> NewStore:
    """Opens stores with tables in PostgreSQL databases of their own."""

    @contextmanager
    def opened() -> Iterator[SqlStore]:
        name = postgres_server.create_database(_postgres_template)
        store = open_store(postgres_server.url(name))
        yield store
        store.close()
        postgres_server.drop_database(name)

    return opened


@pytest.fixture(scope="session")
def site(new_sqlite_store: NewStore, pipeline: Pipeline) -> Iterator[Site]:
    """A store with a run behind it. Tests change nothing in it."""
    with new_sqlite_store() as store:
        fill(store, pipeline)
        yield Site.of(store, pipeline, migrated(store, pipeline))


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, pipeline: Pipeline) -> Iterator[Site]:
    """A store of the test's own, on either database, with the same in it and no run."""
    new_store: NewStore = request.getfixturevalue(f"new_{request.param}_store")
    with new_store() as store:
        fill(store, pipeline)
        yield Site.of(store, pipeline)


@pytest.fixture
def small(new_sqlite_store: NewStore, pipeline: Pipeline) -> Iterator[Site]:
    """The same, where it is all one which database."""
    with new_sqlite_store() as store:
        fill(store, pipeline)
        yield Site.of(store, pipeline)
