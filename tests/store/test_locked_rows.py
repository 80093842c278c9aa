"""A row that another transaction has locked holds up its own writes only."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from kconv._errors import AlreadyExists, Conflict, NotFound, Unavailable
from kconv._store import SqlStore, Stored, Write, open_store
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, create, cronjob, running
from store.test_submit import creation, held, namespace, run

ROW = "SELECT FROM kconv_objects WHERE resource = %s AND name = %s FOR UPDATE"


@pytest.fixture
def url(postgres_url: str) -> str:
    db.upgrade(postgres_url)
    return postgres_url


@pytest.fixture
def patient(url: str) -> Iterator[SqlStore]:
    """A store on PostgreSQL that waits 10 seconds for locks."""
    yield from _opened(url)


@pytest.fixture
def impatient(url: str) -> Iterator[SqlStore]:
    """One that waits for a third of a second."""
    yield from _opened(f"{url}&options=-c%20lock_timeout%3D333")


def _opened(url: str) -> Iterator[SqlStore]:
    store = open_store(url)
    store.ensure([(GROUP, RESOURCE, V1), ("", "namespaces", "v1")])
    yield store
    store.close()


@contextmanager
def locked(url: str, statement: str, *arguments: str) -> Iterator[psycopg.Connection]:
    """Another transaction holds what a statement locks."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(statement.encode(), arguments)
        yield connection


def test_lock_that_all_need_is_waited_for_once(impatient: SqlStore, url: str) -> None:
    """Also where they are tried one by one, since one of them cannot be written at all."""
    names = ["lone surrogate \ud800", *"abcdefgh"]

    async def work() -> None:
        with locked(url, "SELECT FROM kconv_revision FOR UPDATE"):
            began = time.monotonic()
            found = await asyncio.gather(
                *(impatient.submit(creation(name)) for name in names), return_exceptions=True
            )
            assert time.monotonic() - began < 8 * 0.333
        assert isinstance(found[0], ValueError)
        assert {type(each) for each in found[1:]} == {Unavailable}
        await asyncio.gather(*(impatient.submit(creation(name)) for name in names[1:]))

    run(work)


async def set_aside(store: SqlStore) -> None:
    for _ in range(10_000):
        if store.write_statistics().locked:
            return
        await asyncio.sleep(0.001)
    raise AssertionError("nothing waits for a row")


def update(stored: Stored, data: bytes = b"2") -> Write:
    return Write("MODIFIED", stored.key, V1, data, expected=stored.resource_version)


def test_others_go_on_and_the_locked_one_is_written_when_it_is_free(
    patient: SqlStore, url: str
) -> None:
    async def work() -> None:
        store = patient
        made = [await store.submit(creation(f"n{number}")) for number in range(20)]
        with locked(url, ROW, RESOURCE, "n7") as other:
            with held(store):
                futures = [store.submit(update(each)) for each in made]
            waiting = futures.pop(7)
            await asyncio.gather(*futures)
            for number in range(50):
                await store.submit(creation(f"more-{number}"))
            assert not waiting.done()
            assert store.write_statistics().locked <= 1
            other.rollback()
        assert (await waiting).data == b"2"
        assert store.get(cronjob("n7")).data == b"2"
        assert store.write_statistics().locked == 0

    run(work)


def test_writes_keep_their_pace_while_a_row_is_locked(patient: SqlStore, url: str) -> None:
    async def work() -> None:
        store = patient
        made = await store.submit(creation("locked"))

        async def some(name: str) -> float:
            start = time.monotonic()
            for number in range(100):
                await store.submit(creation(f"{name}-{number}"))
            return time.monotonic() - start

        await some("warm")
        alone = await some("alone")
        with locked(url, ROW, RESOURCE, "locked"):
            waiting = store.submit(update(made))
            beside = await some("beside")
            assert not waiting.done()
        await waiting
        assert beside < 5 * alone + 1

    run(work)


def test_writes_to_the_locked_row_stay_in_order(patient: SqlStore, url: str) -> None:
    async def work() -> None:
        store = patient
        made = await store.submit(creation("a"))
        with locked(url, ROW, RESOURCE, "a"):
            first = store.submit(update(made, b"first"))
            await set_aside(store)
            second = store.submit(update(made, b"second"))
            third = store.submit(creation("a"))
            await asyncio.sleep(0.1)
            assert not first.done()
        with pytest.raises(Conflict):
            await second
        with pytest.raises(AlreadyExists):
            await third
        assert (await first).data == b"first"

    run(work)


def test_row_that_stays_locked_ends_with_an_error_that_says_so(
    impatient: SqlStore, url: str
) -> None:
    async def work() -> None:
        store = impatient
        made = await store.submit(creation("a"))
        with locked(url, ROW, RESOURCE, "a"):
            start = time.monotonic()
            with pytest.raises(Unavailable, match='"a" is locked by another transaction'):
                await store.submit(update(made))
            assert 0.3 < time.monotonic() - start < 5
            with pytest.raises(Unavailable, match="locked"):
                store.update(made.key, expected=made.resource_version, api_version=V1, data=b"")
            gone = Write("DELETED", made.key, V1, b"", expected=made.resource_version)
            with pytest.raises(Unavailable, match="locked"):
                await store.submit(gone)
            # What stands against a write whatever the other transaction does is said at once.
            start = time.monotonic()
            with pytest.raises(AlreadyExists):
                await store.submit(creation("a"))
            stale = Write("MODIFIED", made.key, V1, b"", expected=made.resource_version - 1)
            with pytest.raises(Conflict):
                await store.submit(stale)
            assert time.monotonic() - start < 0.3
        assert (await store.submit(update(made))).data == b"2"

    run(work)


def test_row_that_is_deleted_under_the_lock(patient: SqlStore, url: str) -> None:
    async def work() -> None:
        store = patient
        made = await store.submit(creation("a"))
        statement = "DELETE FROM kconv_objects WHERE resource = %s AND name = %s"
        with locked(url, statement, RESOURCE, "a") as other:
            waiting = store.submit(update(made))
            await store.submit(creation("b"))
            other.commit()
        with pytest.raises(NotFound):
            await waiting

    run(work)


def test_namespace_that_is_locked_holds_up_what_relies_on_it_only(
    patient: SqlStore, url: str
) -> None:
    async def work() -> None:
        store = patient
        one, two = namespace(store, "one"), namespace(store, "two")
        with locked(url, ROW, "namespaces", "one"):
            waiting = store.submit(creation("a", within=(one.key, one.resource_version)))
            other = store.submit(creation("b", within=(two.key, two.resource_version)))
            assert (await other).key == cronjob("b")
            await asyncio.sleep(0.1)
            assert not waiting.done()
        assert (await waiting).key == cronjob("a")
        # So does an update that may still be undone.
        statement = "UPDATE kconv_objects SET data = '2' WHERE resource = %s AND name = %s"
        with locked(url, statement, "namespaces", "one") as updating:
            waiting = store.submit(creation("c", within=(one.key, one.resource_version)))
            await store.submit(creation("d", within=(two.key, two.resource_version)))
            updating.rollback()
        assert (await waiting).key == cronjob("c")

    run(work)


def test_blocking_callers_wait_for_the_row_and_leave_it(impatient: SqlStore, url: str) -> None:
    store = impatient
    made = create(store, "a")
    done = threading.Event()

    def write() -> None:
        store.update(made.key, expected=made.resource_version, api_version=V1, data=b"2")
        done.set()

    with locked(url, ROW, RESOURCE, "a") as other, running(write):
        assert not done.wait(0.1)
        create(store, "b")
        other.rollback()
    assert done.is_set()


def test_close_ends_what_waits_for_a_row(patient: SqlStore, url: str) -> None:
    async def work() -> None:
        made = await patient.submit(creation("a"))
        with locked(url, ROW, RESOURCE, "a"):
            waiting = patient.submit(update(made))
            await set_aside(patient)
            patient.close()
            with pytest.raises(Unavailable):
                await waiting

    run(work)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kconv_revision SET value = value",
        "LOCK TABLE kconv_objects",
        "LOCK TABLE kconv_changes",
    ],
)
def test_what_every_write_needs_is_locked(impatient: SqlStore, url: str, statement: str) -> None:
    async def work() -> None:
        store = impatient
        await store.submit(creation("before"))
        with locked(url, statement):
            start = time.monotonic()
            futures = [store.submit(creation(f"n{number}")) for number in range(30)]
            outcomes = await asyncio.gather(*futures, return_exceptions=True)
            assert time.monotonic() - start < 10
            assert {type(each) for each in outcomes} == {Unavailable}
            assert {"locked" in str(each) for each in outcomes} == {True}
        assert (await store.submit(creation("n0"))).key == cronjob("n0")

    run(work)


def test_locked_sqlite_file_fails_what_has_waited_for_too_long(sqlite_url: str) -> None:
    db.upgrade(sqlite_url)
    store = open_store(f"{sqlite_url}?timeout=0.3")
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    store.ensure([(GROUP, RESOURCE, V1)])

    async def work() -> None:
        other.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        futures = [store.submit(creation("same")) for _ in range(20)]
        outcomes = await asyncio.gather(*futures, return_exceptions=True)
        # Each needs a turn of its own; they do not wait a turn each.
        assert time.monotonic() - start < 3
        assert {type(each) for each in outcomes} == {Unavailable}
        other.rollback()
        assert (await store.submit(creation("same"))).key == cronjob("same")

    run(work)
    store.close()
    other.close()
