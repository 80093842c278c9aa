"""An API server on a fresh database, in process or behind a real socket.

The database is SQLite; a module whose tests are to run on PostgreSQL too is marked `BOTH`.
"""

import asyncio
import shutil
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from fixtures.certificates import signed_by_itself
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme, load_scheme
from kconv._serve import ApiServer, Listen, build, served_versions
from kconv._settings import Limits
from kconv._store import SqlStore, open_store
from kconv_migrations import _tables as db

T = TypeVar("T")

BOTH = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])


@pytest.fixture(scope="session")
def scheme() -> Scheme:
    return load_scheme(["", "batch", "autoscaling"])


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("serve") / "kconv.db"
    db.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def pipeline(scheme: Scheme) -> Pipeline:
    """What every server of the tests shares: compiling takes longer than most tests."""
    return Pipeline(scheme)


@pytest.fixture
def backend() -> str:
    """Which database; see `BOTH`."""
    return "sqlite"


@pytest.fixture
def url(backend: str, request: pytest.FixtureRequest, tmp_path: Path, _template: Path) -> str:
    if backend == "sqlite":
        return f"sqlite:///{shutil.copy(_template, tmp_path / 'kconv.db')}"
    made: str = request.getfixturevalue("postgres_tables_url")
    return made


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_store(url)
    yield opened
    opened.close()


NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts no authority: reading those that the public trusts takes longer than most tests."""


class Running:
    """A server behind a socket, run by a thread."""

    def __init__(self, server: ApiServer, url: str, thread: threading.Thread) -> None:
        self.server = server
        self.url = url
        self.join = thread.join

    def client(self, **headers: str) -> httpx.Client:
        """A client that keeps to this server, whatever proxies the environment names."""
        return httpx.Client(
            base_url=self.url, headers=headers, trust_env=False, timeout=30, verify=NOBODY
        )

    def on_loop(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run something on the server's event loop."""
        loop = self.server._server._loop
        assert loop is not None, "it has started"
        return asyncio.run_coroutine_threadsafe(work(), loop).result(20)


@pytest.fixture
def serve(scheme: Scheme, store: SqlStore, pipeline: Pipeline) -> Iterator[Callable[..., Running]]:
    """Starts servers on free ports of the loopback interface."""
    started: list[tuple[ApiServer, threading.Thread]] = []

    def start(
        runtime_config: str = "api/all=true",
        listen: Listen | None = None,
        kinds: Scheme = scheme,
        limits: Limits | None = None,
        **options: Any,
    ) -> Running:
        served = served_versions(kinds, runtime_config)
        listen = listen or Listen(port=0)
        shared = pipeline if kinds is scheme else None
        server, bound = build(
            kinds, store, listen, served=served, pipeline=shared, limits=limits, **options
        )
        thread = threading.Thread(target=lambda: server.run(sockets=[bound]), daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        started.append((server, thread))
        host, port = bound.getsockname()[:2]
        return Running(server, f"{listen.scheme}://{host}:{port}", thread)

    yield start
    for server, thread in started:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for 127.0.0.1 and its key."""
    made, key = signed_by_itself(tmp_path_factory.mktemp("tls"))
    return str(made), str(key)


@pytest.fixture
def running(serve: Callable[..., Running]) -> Running:
    return serve()


@pytest.fixture
def client(running: Running) -> Iterator[httpx.Client]:
    """A client of a server with every version on."""
    with running.client() as opened:
        yield opened
