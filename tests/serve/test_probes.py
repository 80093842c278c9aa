"""Liveness is about the process alone; readiness says whether reads and writes succeed."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kconv._errors import Unavailable
from kconv._scheme import Scheme
from kconv._serve import Listen, build, database_check
from kconv._store import SqlStore
from serve.conftest import BOTH, Running
from serve.samples import CONFIGMAPS, configmap, created


@contextmanager
def timed(most: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < most


@contextmanager
def hanging(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, *names: str
) -> Iterator[threading.Event]:
    """Calls of the store that do not return for as long as the context is open."""
    over = threading.Event()

    def hang(*args: Any, **kwargs: Any) -> Any:
        over.wait(30)
        raise Unavailable("it hung", cause="hung")

    with monkeypatch.context() as patch:
        for name in names:
            patch.setattr(store, name, hang)
        try:
            yield over
        finally:
            over.set()


EVERYTHING = ("head", "get", "list", "changes", "heartbeat", "can_write", "storage_versions")


def test_a_database_that_hangs(
    client: httpx.Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch, running: Running
) -> None:
    assert client.get("/readyz").text == "ok"
    with hanging(store, monkeypatch, *EVERYTHING):
        threads = [threading.Thread(target=lambda: _quiet(running), daemon=True) for _ in range(60)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        for path in ("/livez", "/livez?verbose", "/livez/ping", "/healthz/ping"):
            with timed(2):
                assert client.get(path).status_code == 200
        with timed(4):
            answer = client.get("/readyz")
        assert answer.status_code == 500
        assert "[-]database failed: the database has not answered for" in answer.text
        with timed(2):
            assert client.get("/livez").text == "ok"
    for thread in threads:
        thread.join(30)
    deadline = time.monotonic() + 15
    while client.get("/readyz").text != "ok":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_writes_of_requests_say_that_writes_succeed(
    client: httpx.Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a probe tries may take long on a slow disk, while what requests write is stored."""
    monkeypatch.setattr(database_check, "PATIENCE", 0.1)
    monkeypatch.setattr(database_check, "WRITES_FRESH", 2.0)
    created(client, CONFIGMAPS, configmap("one"))
    with hanging(store, monkeypatch, "can_write"):
        assert client.get("/readyz").text == "ok"
        time.sleep(2.0)
        assert client.post(CONFIGMAPS, json=configmap("one")).status_code == 409
        answer = client.get("/readyz").text
        assert "[-]database failed: the database has taken no write for 2." in answer
        created(client, CONFIGMAPS, configmap("two"))
        assert client.get("/readyz").text == "ok"


def _quiet(running: Running) -> None:
    with running.client() as client:
        client.get(f"{CONFIGMAPS}/x")


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ("is out of disk space", "the database is out of disk space; try again"),
        ("is read-only", "the database is read-only; try again"),
    ],
)
def test_no_write_succeeds(
    client: httpx.Client,
    store: SqlStore,
    monkeypatch: pytest.MonkeyPatch,
    cause: str,
    told: str,
) -> None:
    monkeypatch.setattr(database_check, "WRITE_EVERY", 0.0)
    assert client.get("/readyz").text == "ok"

    def fail(seconds: float) -> None:
        raise Unavailable(f"sqlite:////secret/place.db {cause}", cause=cause)

    with monkeypatch.context() as patch:
        patch.setattr(store, "can_write", fail)
        answer = client.get("/readyz")
        assert answer.status_code == 500
        assert f"[-]database failed: {told}" in answer.text
        assert "secret" not in answer.text
        assert client.get("/livez").text == "ok"
    assert client.get("/readyz").text == "ok"


def test_a_locked_sqlite_file(client: httpx.Client, url: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(database_check, "WRITE_EVERY", 0.0)
    monkeypatch.setattr(database_check, "WRITE_SECONDS", 0.3)
    assert client.get("/readyz").text == "ok"
    with closing(sqlite3.connect(Path(url.removeprefix("sqlite:///")))) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        with timed(4):
            answer = client.get("/readyz?verbose")
        other.execute("ROLLBACK")
    assert answer.status_code == 500
    assert "[-]database failed: the database is locked" in answer.text
    assert client.get("/readyz").text == "ok"


@BOTH
def test_ready(client: httpx.Client) -> None:
    answer = client.get("/readyz?verbose")
    assert answer.status_code == 200
    assert answer.text.splitlines() == [
        "[+]ping ok",
        "[+]database ok",
        "[+]start ok",
        "[+]shutdown ok",
        "readyz check passed",
    ]


def test_while_preparing(
    scheme: Scheme, store: SqlStore, monkeypatch: pytest.MonkeyPatch, pipeline: Any
) -> None:
    """Probes are answered from the beginning: alive, and not ready."""
    go_on = threading.Event()
    original: Callable[..., None] = store.ensure

    def slow(*args: Any) -> None:
        go_on.wait(20)
        original(*args)

    monkeypatch.setattr(store, "ensure", slow)
    server, bound = build(scheme, store, Listen(port=0), pipeline=pipeline)
    host, port = bound.getsockname()[:2]
    thread = threading.Thread(target=lambda: server.run(sockets=[bound]), daemon=True)
    thread.start()
    try:
        base = f"http://{host}:{port}"
        with httpx.Client(base_url=base, trust_env=False, timeout=20) as client:
            with timed(2):
                assert client.get("/livez").text == "ok"
            answer = client.get("/readyz")
            assert answer.status_code == 500
            assert "[-]start failed: the server is still preparing" in answer.text
            go_on.set()
            deadline = time.monotonic() + 20
            while client.get("/readyz").text != "ok":
                assert time.monotonic() < deadline
                time.sleep(0.05)
    finally:
        go_on.set()
        server.should_exit = True
        thread.join(20)
