"""A database with tables, a pipeline, and servers in processes of their own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kconv.pipeline import Pipeline
from kconv.scheme import load_scheme
from kconv.store import SqlStore, open_store
from kconv_migrations.db import upgrade


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    return Pipeline(load_scheme())


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    upgrade(database_url)
    store = open_store(database_url)
    yield store
    store.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a ``kconv`` that ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "kconv.cli", *arguments],
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
