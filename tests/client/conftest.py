"""A database that HTTP, a client and an asynchronous client use at the same time."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import kconv
from client.apis import GVK, Api, Async, Http, Loop, Sync
from fixtures.postgres import PostgresServer
from kconv._pipeline import Pipeline
from kconv._store import SqlStore, open_store

_numbers = itertools.count()


@pytest.fixture(scope="session")
def scheme() -> kconv.Scheme:
    return kconv.load_scheme(["", "batch", "autoscaling"]).without_documents()


@pytest.fixture(scope="session")
def pipeline(scheme: kconv.Scheme) -> Pipeline:
    return Pipeline(scheme)


@pytest.fixture(scope="package")
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def shared_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SqlStore]:
    """The store of all tests of a database."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("_sqlite_template")
        file = shutil.copy(template, tmp_path_factory.mktemp("client") / "kconv.db")
        store = open_store(f"sqlite:///{file}")
        yield store
        store.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create_database(request.getfixturevalue("_postgres_template"))
    store = open_store(server.url(name))
    yield store
    store.close()
    server.drop_database(name)


@pytest.fixture(scope="package")
def apis(
    shared_store: SqlStore, scheme: kconv.Scheme, pipeline: Pipeline, loop: Loop
) -> Iterator[dict[str, Api]]:
    """Not for the session: tests of others stop the database, and clients would say so."""
    app = kconv.create_app(scheme, shared_store, pipeline=pipeline, runtime_config="api/all=true")
    lifespan = app.lifespan(app)
    loop.run(lifespan.__aenter__())
    transport = httpx.ASGITransport(app=app)
    requests = httpx.AsyncClient(transport=transport, base_url="http://test", timeout=30)
    sync = kconv.Client(scheme, shared_store, pipeline=pipeline)
    asynchronous = kconv.AsyncClient(scheme, shared_store, pipeline=pipeline)
    yield {
        "sync": Sync(sync),
        "async": Async(asynchronous, loop),
        "http": Http(requests, loop, scheme),
    }
    sync.close()
    loop.run(asynchronous.close())
    loop.run(requests.aclose())
    loop.run(lifespan.__aexit__(None, None, None))


@pytest.fixture(params=["sync", "async", "http"])
def api(request: pytest.FixtureRequest, apis: dict[str, Api]) -> Api:
    """One of the ways to ask; all of them work on the same database."""
    return apis[request.param]


@pytest.fixture
def others(request: pytest.FixtureRequest, api: Api, apis: dict[str, Api]) -> list[Api]:
    """The other ways."""
    return [each for each in apis.values() if each is not api]


@pytest.fixture
def namespace(apis: dict[str, Api]) -> str:
    """A namespace of the test's own."""
    name = f"n{next(_numbers)}"
    apis["sync"].create(GVK("", "v1", "Namespace"), {"metadata": {"name": name}}, "")
    return name
