"""PostgreSQL that takes a question and says nothing more, whoever asked."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from typing import cast

import pytest
from sqlalchemy import Connection

from kconv._errors import Unavailable
from kconv._store import SqlStore, database, open_store, postgresql_connection
from kconv._store.postgresql_connection import PostgresqlConnection
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, cronjob
from store.test_submit import creation

SECONDS = 1.5
"""More than an answer takes on a busy machine."""


@pytest.fixture
def store(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlStore]:
    """A store on PostgreSQL with less patience."""
    db.upgrade(postgres_url)
    monkeypatch.setattr(database, "READ_SECONDS", SECONDS)
    monkeypatch.setattr(database, "WRITE_SECONDS", SECONDS)
    monkeypatch.setattr(postgresql_connection, "ANSWER_SECONDS", SECONDS)
    with closing(open_store(postgres_url)) as opened:
        opened.ensure([(GROUP, RESOURCE, V1)])
        opened.write(creation("first"))
        yield opened


class Stop:
    """Stops sessions of PostgreSQL, until the test is over."""

    def __init__(self) -> None:
        self.stopped: list[int] = []

    def __call__(self, session: int) -> None:
        os.kill(session, signal.SIGSTOP)
        self.stopped.append(session)


@pytest.fixture
def stop() -> Iterator[Stop]:
    found = Stop()
    yield found
    for each in found.stopped:
        os.kill(each, signal.SIGCONT)


def ask(connection: Connection, stop: Stop) -> None:
    stop(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    connection.exec_driver_sql("SELECT 1")


def end(connection: Connection, stop: Stop) -> None:
    stop(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def statement(store: SqlStore, stop: Stop) -> None:
    store._writer.alone(lambda connection: ask(connection, stop))


def commit(store: SqlStore, stop: Stop) -> None:
    store._writer.alone(lambda connection: end(connection, stop))


def readiness(store: SqlStore, stop: Stop) -> None:
    store._database.write_within(1.0, lambda connection: ask(connection, stop))


def batch_of_a_thread(store: SqlStore, stop: Stop) -> None:
    connection = cast("PostgresqlConnection", store._writer._connection)
    assert connection._connection is not None
    stop(connection._connection.info.backend_pid)
    store.write(creation("asked"))


@pytest.mark.parametrize(
    ("work", "may_be_done"),
    [(statement, False), (commit, True), (readiness, False), (batch_of_a_thread, True)],
)
def test_write_is_given_up(
    store: SqlStore, stop: Stop, work: Callable[[SqlStore, Stop], None], may_be_done: bool
) -> None:
    """Once, with nobody else who looks after it; the next one goes on with another connection."""
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"answer|broke at commit") as error:
        work(store, stop)
    assert time.monotonic() - began >= SECONDS
    assert len(stop.stopped) == 1
    assert error.value.may_be_done is may_be_done
    store.write(creation("next"))
    store.heartbeat("nobody")


def test_write_of_a_loop_that_has_ended_is_given_up(store: SqlStore, stop: Stop) -> None:
    """Who takes its turn over in a thread waits for it."""
    connection = cast("PostgresqlConnection", store._writer._connection)
    assert connection._connection is not None
    stop(connection._connection.info.backend_pid)

    async def submit() -> None:
        asked = store.submit(creation("asked"))
        await asyncio.sleep(0.05)
        assert not asked.done()

    asyncio.run(submit())
    thread = threading.Thread(target=store.write, args=(creation("next"),), daemon=True)
    thread.start()
    thread.join(SECONDS * 20)
    assert not thread.is_alive()
    assert store.get(cronjob("next")).data


def test_read_is_asked_again_of_another_session(store: SqlStore, stop: Stop) -> None:
    sessions: list[int] = []

    def work(connection: Connection) -> int:
        sessions.append(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        if len(sessions) == 1:
            stop(sessions[0])
        return int(connection.exec_driver_sql("SELECT 7").scalar_one())

    assert store._database.read(work) == 7
    assert len({*sessions}) == 2
    assert store.get(cronjob("first")).data


def test_whole_resource_is_read_though_the_session_that_waited_for_it_is_stopped(
    store: SqlStore, stop: Stop
) -> None:
    """Whoever lists it waits for this one read."""
    one = "SELECT pg_backend_pid()"
    stop(store._database.peek(lambda it: it.exec_driver_sql(one).scalar_one()))
    began = time.monotonic()
    snapshot = store.snapshot(GROUP, RESOURCE, 1 << 20)
    assert time.monotonic() - began >= SECONDS
    assert snapshot is not None
    assert [each.key for each in snapshot.rows] == [cronjob("first")]


def test_read_that_is_never_answered_is_given_up(store: SqlStore, stop: Stop) -> None:
    with pytest.raises(Unavailable, match=f"did not answer in time: nothing came for {SECONDS}"):
        store._database.peek(lambda connection: ask(connection, stop))


def test_answer_that_comes_in_pieces_is_waited_for(store: SqlStore) -> None:
    """Only silence counts: this one takes three times as long."""
    asked = f"SELECT pg_sleep({SECONDS / 2}), repeat('x', 100000) FROM generate_series(1, 6)"
    began = time.monotonic()
    rows = store._database.peek(lambda connection: connection.exec_driver_sql(asked).all())
    assert len(rows) == 6
    assert time.monotonic() - began > SECONDS * 2


def test_looks_at_all_rows_of_a_table_wait(store: SqlStore, postgres_url: str) -> None:
    """They take the longer the more rows there are; a lock stands for those here."""
    place = (GROUP, RESOURCE)
    looks: list[Callable[[], object]] = [
        store.counts,
        lambda: store.drop(*place, "v0"),
        lambda: store.undo_size("none"),
        lambda: store.objects_boundary(*place, other_than=V1, after=None, rows=1),
        lambda: store.changes_boundary(*place, other_than=V1, after=0, rows=1),
    ]
    locked, over = threading.Event(), threading.Event()

    def lock(connection: Connection) -> None:
        connection.exec_driver_sql("LOCK kconv_objects, kconv_changes, kconv_undo")
        locked.set()
        over.wait(30)

    with closing(open_store(postgres_url)) as other, ThreadPoolExecutor() as pool:
        holder = pool.submit(other._writer.alone, lock)
        assert locked.wait(30)
        found = [pool.submit(look) for look in looks]
        done, _ = wait(found, timeout=SECONDS * 2)
        over.set()
        assert not done
        holder.result()
        assert [bool(each.result()) for each in found] == [True, True, True, False, False]


def test_work_on_tables_of_any_size_waits(store: SqlStore) -> None:
    store._database.waits_for_ever = True
    asked = f"SELECT pg_sleep({SECONDS * 2})"
    store._database.peek(lambda connection: connection.exec_driver_sql(asked).all())
