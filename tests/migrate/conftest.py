"""A database with tables, a pipeline, and servers in processes of their own."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from cli.samples import Ended, in_process
from fixtures import prepared
from fixtures.postgres import STORE_TABLES, empty
from kconv._pipeline import Pipeline
from kconv._store import SqlStore, open_store
from migrate.samples import installed


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    return Pipeline(installed())


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with tables and nothing in them; on PostgreSQL one for all tests, emptied."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("_sqlite_template")
        return f"sqlite:///{shutil.copy(template, tmp_path / 'kconv.db')}"
    url: str = request.getfixturevalue("_postgres_shared")
    empty(url, STORE_TABLES)
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        connection.execute("UPDATE kconv_revision SET value = 1, compacted = 0")
    return url


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    store = open_store(database_url)
    yield store
    store.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a ``kconv`` that ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        process = prepared.Popen(
            [sys.executable, "-m", "kconv", *arguments],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def server(start: Callable[..., subprocess.Popen[str]], database_url: str) -> Callable[[], str]:
    """Start a server on the test's database; returns its URL."""

    def serve() -> str:
        process = start("serve", "--port", "0", "--db", database_url)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("serving on "), line
        return line.removeprefix("serving on ").partition(";")[0]

    return serve


@pytest.fixture
def kconv(
    database_url: str,
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[..., Ended]:
    """Run a command on the test's database, in this process."""
    monkeypatch.setenv("KCONV_DB", database_url)
    return in_process(capfd)
