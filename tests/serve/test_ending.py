"""A server whose database does not let it end ends nevertheless, and says so."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from fixtures import prepared
from fixtures.postgres import PostgresServer
from fixtures.until import until
from kconv._errors import Unavailable
from kconv._store import SqlStore
from kconv_migrations._tables import upgrade
from serve.conftest import Running
from serve.samples import CONFIGMAPS, configmap, created


@contextmanager
def locked(url: str) -> Iterator[None]:
    """SQLite, where another process has had the lock for long."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def frozen(server: PostgresServer) -> Callable[[str], AbstractContextManager[None]]:
    """PostgreSQL, whose machine answers no more, and closes no connection either."""

    @contextmanager
    def freeze(url: str) -> Iterator[None]:
        name = url.replace("+psycopg", "")
        with closing(psycopg.connect(name, autocommit=True)) as other:
            rows = other.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname IS NOT NULL AND pid <> pg_backend_pid()"
            )
            pids = [pid for (pid,) in rows]
        pids.insert(0, int((server.data / "postmaster.pid").read_text().splitlines()[0]))
        stopped = []
        try:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGSTOP)
                except ProcessLookupError:
                    continue
                stopped.append(pid)
            yield
        finally:
            for pid in stopped:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    return freeze


def figures(base: str) -> str:
    """The metrics, which wait for no database."""
    return httpx.get(f"{base}/metrics", trust_env=False, timeout=30).text


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_does_not_answer(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    hold: Callable[[str], AbstractContextManager[None]]
    if kind == "sqlite":
        url, hold = request.getfixturevalue("sqlite_url"), locked
    else:
        url = request.getfixturevalue("postgres_url")
        hold = frozen(request.getfixturevalue("postgres_server"))
    upgrade(url)
    log = tmp_path / "log"
    command = [sys.executable, "-m", "kconv", "serve", "--port", "0", "--db", url]
    with log.open("wb") as file:
        process = prepared.Popen(
            [*command, "--shutdown-grace", "1"],
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        )
    assert process.stdout is not None
    answers: list[httpx.Response] = []
    try:
        base = process.stdout.readline().removeprefix("serving on ").partition(";")[0]

        def write() -> None:
            answers.append(client.post(CONFIGMAPS, json=configmap("late")))

        with httpx.Client(base_url=base, trust_env=False, timeout=30) as client:
            created(client, CONFIGMAPS, configmap("one"))
            with hold(url):
                writing = threading.Thread(target=write)
                writing.start()
                until(lambda: 'kconv_in_flight{kind="requests"} 1.0' in figures(base))
                process.send_signal(signal.SIGTERM)
                began = time.monotonic()
                assert process.wait(30) == 0
                # Without an end of its own accord it took more than a minute.
                assert time.monotonic() - began < 15
            writing.join()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    # Not 500, which says that the server is at fault.
    assert [each.status_code for each in answers] == [503]
    # It may have been done: clients of Kubernetes would make it again by themselves.
    assert "retry-after" not in answers[0].headers
    said = log.read_text()
    assert "Traceback" not in said, said
    assert "this server ends without having said so to its database" in said, said


def test_what_keeps_a_server_from_leaving_is_said_once(
    serve: Callable[..., Running],
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    running = serve()
    asked = []

    def away(*given: object) -> None:
        asked.append(given)
        raise Unavailable("it is away")

    with running.client() as client:
        assert client.get(CONFIGMAPS).status_code == 200
    monkeypatch.setattr(store, "count_requests", away)
    monkeypatch.setattr(store, "unregister", away)
    running.server.should_exit = True
    running.join(30)
    running.server.leave()  # as a second signal does
    last = [each for each in caplog.messages if "at the end of the server" in each]
    assert last == ["at the end of the server: it is away"]
    assert len([each for each in asked if isinstance(each[0], str)]) == 1
