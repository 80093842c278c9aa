"""Checkpoints of SQLite beside the writes, whose log stays short."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from kconv._errors import Unavailable
from kconv._store import SqlStore, sqlite_checkpoints
from kconv._store.database import sqlite_file
from store.samples import create

PAGE = 4096
LARGE = b'{"text":"%s"}' % (b"x" * 100_000)


@pytest.fixture
def sqlite_store(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> SqlStore:
    if not store._database.sqlite:
        pytest.skip("of SQLite")
    monkeypatch.setattr(sqlite_checkpoints, "PAGES", 100)
    return store


@pytest.fixture
def checkpoints(sqlite_store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads that made one, as they come."""
    made: list[str] = []
    original = sqlite_store._database.peek

    def peek(work: Callable[[Connection], Any]) -> Any:
        made.append(threading.current_thread().name)
        return original(work)

    monkeypatch.setattr(sqlite_store._database, "peek", peek)
    return made


def fill(store: SqlStore, count: int, begin: int = 0) -> None:
    for number in range(begin, begin + count):
        create(store, f"n{number}", data=LARGE)


def size(store: SqlStore, suffix: str = "") -> int:
    return Path(f"{sqlite_file(store._database.url)}{suffix}").stat().st_size


def test_what_was_written_gets_into_the_file(
    sqlite_store: SqlStore, checkpoints: list[str]
) -> None:
    before = size(sqlite_store)
    fill(sqlite_store, 10)
    sqlite_store._writer._connection.close()
    assert set(checkpoints) == {"kconv-checkpoint"}
    assert size(sqlite_store) > before + 5 * len(LARGE)


def test_log_does_not_grow_for_ever(sqlite_store: SqlStore) -> None:
    """Not even where no checkpoint ever gets as far as the writes."""
    fill(sqlite_store, 200)
    most = 2 * sqlite_checkpoints.MOST_PAGES * (PAGE + 24)
    assert 200 * 2 * len(LARGE) > most > size(sqlite_store, "-wal")


def test_writes_do_not_wait_for_one(
    sqlite_store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def slow(work: Callable[[Connection], Any]) -> None:
        begun.set()
        assert goes_on.wait(30)

    monkeypatch.setattr(sqlite_store._database, "peek", slow)
    fill(sqlite_store, 10)
    assert begun.wait(30)
    fill(sqlite_store, 10, begin=10)
    goes_on.set()
    sqlite_store._writer._connection.close()


def test_one_that_fails_is_made_up_for(
    sqlite_store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(work: Callable[[Connection], Any]) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(sqlite_store._database, "peek", fails)
    fill(sqlite_store, 200)
    assert size(sqlite_store, "-wal") < 2 * sqlite_checkpoints.MOST_PAGES * (PAGE + 24)


def test_a_write_is_kept_where_none_can_begin(
    sqlite_store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a process has as many threads as it may, or ends."""

    def fails(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(sqlite_checkpoints, "PAGES", 1)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fails)
        made = create(sqlite_store, "a")
    assert sqlite_store.get(made.key) == made
    create(sqlite_store, "b")
    sqlite_store._writer._connection.close()
