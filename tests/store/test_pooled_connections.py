"""Connections that were needed at once, once, do not all stay in use."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import Connection, event, text

from kconv._serve.free_memory import allocator_trim
from kconv._store import open_store
from kconv_migrations import _tables as db

AT_ONCE = 5
CONNECTIONS = 10
MIB = 1024 * 1024
FILLED = ", ".join(["(zeroblob(3000))"] * 2000)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


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


def test_connections_that_wait_keep_no_pages(sqlite_url: str) -> None:
    """Each would keep two megabytes of the file, once it has read so many."""
    db.upgrade(sqlite_url)
    store = open_store(sqlite_url)
    database = store._database
    database.write(lambda c: c.execute(text("CREATE TABLE large (data BLOB)")))
    database.write(lambda c: c.execute(text(f"INSERT INTO large VALUES {FILLED}")))
    together = threading.Barrier(CONNECTIONS)

    def read(connection: Connection) -> None:
        connection.execute(text("SELECT count(*) FROM large WHERE data = x'00'"))
        together.wait(30)

    database.peek(lambda c: c.execute(text("SELECT count(*) FROM large WHERE data = x'00'")))
    before = resident()
    threads = [threading.Thread(target=database.peek, args=(read,)) for _ in range(CONNECTIONS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert database.pooled() == (0, CONNECTIONS)
    if (trim := allocator_trim()) is not None:
        trim(0)
    grown = resident() - before
    store.close()
    assert grown < CONNECTIONS * MIB
