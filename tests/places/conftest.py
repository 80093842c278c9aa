"""The same tests over every kind of place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures.long import LONG
from fixtures.postgres import PostgresServer
from kconv._pipeline import Pipeline
from kconv._store import open_store
from kconv.place import Place
from kconv.testing import PlaceGround
from migrate.samples import installed
from places.grounds import StoreGround, TableGround


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    return Pipeline(installed())


@pytest.fixture
def make_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Gives the URL of a database with kconv's tables: of SQLite or of PostgreSQL."""
    made: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            template: Path = request.getfixturevalue("_sqlite_template")
            return f"sqlite:///{shutil.copy(template, tmp_path / 'kconv.db')}"
        server: PostgresServer = request.getfixturevalue("postgres_server")
        name = server.create_database(request.getfixturevalue("_postgres_template"))
        made.append(name)
        return server.url(name)

    yield make
    for name in made:
        request.getfixturevalue("postgres_server").drop_database(name)


GROUNDS = ["store-sqlite", "store-postgresql", "text-sqlite", "jsonb-postgresql"]
if LONG:
    GROUNDS += ["blob-sqlite", "json-sqlite", "text-postgresql", "json-postgresql"]


@pytest.fixture(params=GROUNDS)
def ground(
    request: pytest.FixtureRequest, make_database: Callable[[str], str], pipeline: Pipeline
) -> Iterator[PlaceGround]:
    """A place of each kind, with nothing in it."""
    sort, _, kind = request.param.partition("-")
    url = make_database(kind)
    if sort == "store":
        store = open_store(url)
        yield StoreGround(store, pipeline)
        store.close()
        return
    ground = TableGround(url, pipeline, sort)
    yield ground
    ground.engine.dispose()


@pytest.fixture
def place(ground: PlaceGround) -> Iterator[Place]:
    """The place of the ground."""
    found = ground.open()
    yield found
    found.close()
