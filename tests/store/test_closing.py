"""A store that is closed while threads use it keeps no connection open."""

from __future__ import annotations

import gc
import threading

import pytest

from kconv._store import open_store
from kconv_migrations import _tables as db


def close_in_use(url: str) -> None:
    store = open_store(url)
    database = store._database
    using, closed = threading.Event(), threading.Event()

    def wait_in_use(_: object) -> None:
        using.set()
        assert closed.wait(10)

    def use() -> None:
        database.read(wait_in_use)  # begun before the end
        database.read(lambda _: None)  # begun after it

    thread = threading.Thread(target=use)
    thread.start()
    assert using.wait(10)
    store.close()
    closed.set()
    thread.join(10)


def test_what_is_in_use_is_closed_when_it_is_done(
    postgres_url: str, recwarn: pytest.WarningsRecorder
) -> None:
    db.upgrade(postgres_url)
    close_in_use(postgres_url)
    gc.collect()
    left = [each for each in recwarn if issubclass(each.category, ResourceWarning)]
    assert left == [], [str(each.message) for each in left]
