"""Connections that were needed at once, once, do not all stay in use."""

from __future__ import annotations

import threading

from sqlalchemy import event

from kconv._store import open_store
from kconv_migrations import _tables as db

AT_ONCE = 5


def test_one_at_a_time_uses_one_connection(database_url: str) -> None:
    """Each has a cache of pages, which would fill one after the other for hours."""
    db.upgrade(database_url)
    store = open_store(database_url)
    database = store._database
    together = threading.Barrier(AT_ONCE)
    threads = [
        threading.Thread(target=database.peek, args=(lambda _: together.wait(10),))
        for _ in range(AT_ONCE)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    assert database.pooled() == (0, AT_ONCE)
    used: list[int] = []
    event.listen(database.engine, "checkout", lambda driver, *_: used.append(id(driver)))
    for _ in range(3 * AT_ONCE):
        database.peek(lambda _: None)
    store.close()
    assert len(used) == 3 * AT_ONCE
    assert len(set(used)) == 1
