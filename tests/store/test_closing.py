"""A store that is closed while threads use it keeps no connection open."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import event

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


def close_on_return(url: str) -> None:
    """Close it at the moment that a connection goes back to the pool."""
    store = open_store(url)
    database = store._database
    event.listen(database.engine, "reset", lambda *_: store.close(), once=True)
    database.read(lambda _: None)


@pytest.mark.parametrize("close", [close_in_use, close_on_return])
def test_what_is_in_use_is_closed_when_it_is_done(
    close: Callable[[str], None], postgres_url: str, recwarn: pytest.WarningsRecorder
) -> None:
    db.upgrade(postgres_url)
    close(postgres_url)
    gc.collect()
    left = [each for each in recwarn if issubclass(each.category, ResourceWarning)]
    assert left == [], [str(each.message) for each in left]
