"""Writes to PostgreSQL that an event loop sends, and goes on with other things meanwhile."""

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import psycopg
import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from kconv._errors import (
    AlreadyExists,
    Conflict,
    NotFound,
    StoreError,
    Unavailable,
    VersionNotOnRecord,
)
from kconv._store import SqlStore, Stored, Write, open_store, postgresql_connection, write_turns
from kconv._store.postgresql_connection import PostgresqlConnection
from kconv._store.postgresql_exchange import Exchange
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, V1BETA1, cronjob, longest_turn
from store.test_locked_rows import ROW, locked
from store.test_submit import creation, run

COUNTER = "SELECT FROM kconv_revision FOR UPDATE"
RECORD = "SELECT FROM kconv_storage_versions WHERE api_version = %s FOR UPDATE"


@pytest.fixture
def url(postgres_url: str) -> str:
    db.upgrade(postgres_url)
    return postgres_url


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """A store on PostgreSQL whose connection is there, so that nothing is left to the thread."""
    opened = open_store(url)
    opened.ensure([(GROUP, RESOURCE, V1)])
    opened.write(creation("first"))
    yield opened
    opened.close()


def update(made: Stored, data: bytes = b"new", **named: object) -> Write:
    version = made.resource_version
    return Write("MODIFIED", made.key, V1, data, expected=version, **named)  # type: ignore[arg-type]


async def is_sent(store: SqlStore) -> None:
    for _ in range(2):
        await asyncio.sleep(0)
    assert store._writer._sent is not None


def test_no_thread_is_needed(store: SqlStore) -> None:
    async def work() -> None:
        made = await store.submit(creation("a"))
        for number in range(5):
            made = await store.submit(update(made, b"%d" % number, before=b"{}", base=made.data))
        others = await asyncio.gather(*(store.submit(creation(f"n{at}")) for at in range(20)))
        assert [each.resource_version for each in others] == [*range(9, 29)]
        await store.submit(Write("DELETED", made.key, V1, b"end", expected=made.resource_version))

    run(work)
    assert store._writer._thread is None
    told = [(each.type, each.stored.resource_version) for each in store.changes(0)]
    assert [number for _, number in told] == [*range(2, 30)]
    assert store.changes(3)[0].before == b"{}"
    with pytest.raises(NotFound):
        store.get(cronjob("a"))


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda made: update(made, base=b"other"), Conflict),
        (lambda made: Write("MODIFIED", made.key, V1, b"", expected=1), Conflict),
        (lambda made: Write("MODIFIED", cronjob("none"), V1, b"", expected=1), NotFound),
        (
            lambda made: Write("MODIFIED", made.key, "batch/v9", b"", expected=2),
            VersionNotOnRecord,
        ),
    ],
)
def test_update_that_comes_alone_is_refused_as_in_a_batch(
    store: SqlStore, change: Callable[[Stored], Write], refusal: type[Exception]
) -> None:
    made = store.get(cronjob("first"))
    head = store.head()
    told: list[str] = []

    async def work() -> None:
        for writes in ([change(made)], [change(made), creation(f"n{len(told)}")]):
            outcomes = await asyncio.gather(*map(store.submit, writes), return_exceptions=True)
            assert isinstance(outcomes[0], refusal)
            told.append(str(outcomes[0]))

    run(work)
    with pytest.raises(refusal) as raised:
        store.write(change(made))
    assert {*told, str(raised.value)} == {told[0]}
    assert store.head() == head + 1
    assert store.get(made.key) == made


def test_name_with_a_nul_is_not_that_of_another_object(store: SqlStore) -> None:
    """PostgreSQL has no such text, and a driver may take it for the end of one."""
    made = store.get(cronjob("first"))
    for part in ("group", "resource", "namespace", "name"):
        key = replace(made.key, **{part: getattr(made.key, part) + "\0x"})
        with pytest.raises(StoreError):
            store.write(Write("MODIFIED", key, V1, b"", expected=made.resource_version))
    assert store.get(made.key) == made


def test_loop_goes_on_while_the_database_waits(store: SqlStore, url: str) -> None:
    async def work() -> None:
        with locked(url, COUNTER) as other:
            future = store.submit(creation("waits"))
            later = store.submit(creation("later"))
            longest = await longest_turn()
            assert not future.done()
            other.rollback()
            await asyncio.gather(future, later)
        assert longest < 5

    run(work)
    assert store._writer._thread is None


def test_row_that_is_locked_holds_up_its_own_update_only(store: SqlStore, url: str) -> None:
    async def work() -> None:
        made = store.get(cronjob("first"))
        with locked(url, ROW, RESOURCE, "first") as other:
            future = store.submit(update(made))
            await store.submit(creation("another"))
            assert not future.done()
            other.rollback()
            await future

    run(work)


@pytest.mark.parametrize("ends", [True, False])
def test_batch_of_a_loop_that_stops_is_concluded_by_who_comes_next(
    store: SqlStore, url: str, ends: bool
) -> None:
    async def submit() -> None:
        _ = store.submit(creation("abandoned"))
        await asyncio.sleep(0.05)

    loop = asyncio.new_event_loop()
    with locked(url, COUNTER):
        loop.run_until_complete(submit())
        if ends:
            loop.close()
    store.write(creation("next"))
    loop.close()
    assert [each.stored.key.name for each in store.changes(2)] == ["abandoned", "next"]


def test_write_of_another_loop_does_not_wait_for_one_that_stopped(
    store: SqlStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_turns, "LOOK_SECONDS", 0.05)

    async def submit() -> None:
        _ = store.submit(creation("abandoned"))
        await asyncio.sleep(0.05)

    async def work() -> None:
        future = store.submit(creation("of another"))
        other.rollback()
        await future

    loop = asyncio.new_event_loop()
    with locked(url, COUNTER) as other:
        loop.run_until_complete(submit())
        run(work)
    loop.close()
    assert [each.stored.key.name for each in store.changes(2)] == ["abandoned", "of another"]


def test_nor_for_what_that_one_sent_later(
    store: SqlStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that must not go into the next batch, to the same object, waits for that, too."""
    monkeypatch.setattr(write_turns, "LOOK_SECONDS", 0.05)
    store.prefer(GROUP, RESOURCE, V1BETA1)
    refused = threading.Event()

    async def of_another() -> None:
        with pytest.raises(AlreadyExists):
            await store.submit(creation("same"))
        refused.set()

    async def until(is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not is_so():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    async def submit(first: psycopg.Connection) -> None:
        _ = store.submit(creation("first sent"))
        await is_sent(store)
        sent = store._writer._sent
        _ = store.submit(replace(creation("same"), api_version=V1BETA1))
        thread.start()
        await until(lambda: store.write_statistics().queued == 2)
        first.rollback()
        await until(lambda: store._writer._sent not in (sent, None))

    thread = threading.Thread(target=run, args=(of_another,), daemon=True)
    loop = asyncio.new_event_loop()
    with locked(url, RECORD, V1BETA1), locked(url, COUNTER) as first:
        loop.run_until_complete(submit(first))
    assert refused.wait(20)
    thread.join(20)
    loop.close()


def test_blocking_call_on_the_very_loop_waits_for_what_it_sent(store: SqlStore) -> None:
    async def work() -> None:
        future = store.submit(creation("sent"))
        await is_sent(store)
        store.write(creation("blocking"))
        assert (await future).key == cronjob("sent")
        future = store.submit(creation("last"))
        await is_sent(store)
        store.close()
        await future

    run(work)
    assert [each.stored.key.name for each in store.changes(2)] == ["sent", "blocking", "last"]


def test_connection_that_is_cut_under_way(store: SqlStore, url: str) -> None:
    """An administrator undoes what was under way, so it is done again; a crash leaves it open."""

    async def work() -> None:
        with locked(url, COUNTER) as other:
            future = store.submit(creation("again"))
            await asyncio.sleep(0.05)
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
            await asyncio.sleep(0.05)
            other.rollback()
            assert (await future).key == cronjob("again")
        with locked(url, COUNTER):
            future = store.submit(creation("lost"))
            await asyncio.sleep(0.05)
            connection = store._writer._connection._connection  # type: ignore[attr-defined]
            with socket.socket(fileno=os.dup(connection.pgconn.socket)) as cut:
                cut.shutdown(socket.SHUT_RDWR)
            with pytest.raises(Unavailable, match="broke at commit"):
                await future
        await store.submit(creation("after"))

    run(work)


def test_transaction_that_breaks_at_commit_may_be_done(store: SqlStore) -> None:
    def work(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT 1")
        driver = cast("psycopg.Connection", connection.connection.driver_connection)
        with socket.socket(fileno=os.dup(driver.pgconn.socket)) as cut:
            cut.shutdown(socket.SHUT_RDWR)

    with pytest.raises(Unavailable, match="broke at commit") as lost:
        store._writer.alone(work)
    assert lost.value.may_be_done


@pytest.mark.parametrize("size", [1, 300_000], ids=["sent by the loop", "sent by the thread"])
def test_database_that_does_not_answer_is_waited_for_so_long_only(
    store: SqlStore, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked may be done; what waits for its turn was not, and says for what it waited."""
    monkeypatch.setattr(write_turns, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(postgresql_connection, "ANSWER_SECONDS", 1.0)
    connection = cast("PostgresqlConnection", store._writer._connection)
    connection.patience = 0.3
    assert connection._connection is not None
    session = connection._connection.info.backend_pid

    async def work() -> None:
        asked = store.submit(replace(creation("asked"), data=b"1" * size))
        await asyncio.sleep(0.1)
        waits = store.submit(creation("waits"))
        with pytest.raises(
            Unavailable, match=r"than 0.3 s \(a batch of 1 writes has taken \d s so"
        ) as late:
            await waits
        assert not late.value.may_be_done
        assert not asked.done()
        with pytest.raises(Unavailable, match="not answered a write for 1 s: read again") as cut:
            await asked
        assert cut.value.may_be_done
        await store.submit(creation("after"))

    os.kill(session, signal.SIGSTOP)
    try:
        run(work)
    finally:
        os.kill(session, signal.SIGCONT)


class Stuck:
    """A session that has said all that it will, and takes no more."""

    def __init__(self, socket: int) -> None:
        self.socket = socket

    def consume_input(self) -> None: ...

    def is_busy(self) -> bool:
        return True

    def send_query_prepared(self, *_: object) -> None: ...

    def flush(self) -> int:
        raise psycopg.OperationalError("the connection is gone")


def test_connection_that_breaks_before_all_is_sent() -> None:
    """Who waits in place of a loop that ended is told as the loop would have been."""
    loop = asyncio.new_event_loop()
    one, other = socket.socketpair()
    with one, other:
        exchange = Exchange(cast("Any", Stuck(one.fileno())), loop, lambda: None)
        exchange.send(b"kconv_write", [], [])
        loop.close()
        exchange.is_broken = False
        exchange.wait(1)
        assert exchange.is_broken
        assert not exchange.is_done
