"""Looks at the counters of PostgreSQL, which go by the driver's library itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import closing

import psycopg
import pytest

from kconv._errors import Unavailable
from kconv._store import SqlStore, open_store
from kconv._store.postgresql_reader import PostgresqlReader
from kconv._store.postgresql_session import RepeatedQuery
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, create


def reading(url: str, work: Callable[[SqlStore, PostgresqlReader], Awaitable[None]]) -> None:
    """Run ``work`` with a store that has tables and an object, and a reader of it."""
    db.upgrade(url)

    async def bounded(store: SqlStore) -> None:
        reader = store.open_reader()
        assert isinstance(reader, PostgresqlReader)
        try:
            async with asyncio.timeout(30):
                await work(store, reader)
        finally:
            reader.close()

    with closing(open_store(url)) as store:
        store.ensure([(GROUP, RESOURCE, V1)])
        create(store, "a")
        asyncio.run(bounded(store))


def plain(url: str) -> str:
    """The URL as the driver itself reads it."""
    return url.replace("postgresql+psycopg", "postgresql")


def end_sessions(url: str) -> None:
    """End every other session of the database."""
    with psycopg.connect(plain(url), autocommit=True) as own:
        own.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_each_look_is_of_its_moment(postgres_url: str) -> None:
    async def work(store: SqlStore, reader: PostgresqlReader) -> None:
        for number in range(50):
            assert await reader.look() == store.look()
            await asyncio.to_thread(create, store, f"n{number}")

    reading(postgres_url, work)


def test_cancelled_look_leaves_no_answer_for_the_next(postgres_url: str) -> None:
    async def work(store: SqlStore, reader: PostgresqlReader) -> None:
        first = await reader.look()
        for turns in range(6):
            task = asyncio.create_task(reader.look())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            create(store, f"n{turns}")
            assert (await reader.look()).value == first.value + turns + 1

    reading(postgres_url, work)


@pytest.mark.parametrize("looked_before", [True, False])
def test_session_that_was_ended_is_replaced(postgres_url: str, looked_before: bool) -> None:
    async def work(store: SqlStore, reader: PostgresqlReader) -> None:
        if looked_before:
            await reader.look()
        await asyncio.to_thread(end_sessions, postgres_url)
        looks = await asyncio.gather(*(reader.look() for _ in range(5)))
        assert set(looks) == {await asyncio.to_thread(store.look)}

    reading(postgres_url, work)


def test_session_that_ends_costs_no_processor(postgres_url: str) -> None:
    async def work(_: SqlStore, reader: PostgresqlReader) -> None:
        await reader.look()
        session = reader._looks
        assert session is not None
        await asyncio.to_thread(end_sessions, postgres_url)
        for _attempt in range(1000):
            if session.closed:  # as soon as it hears of it, not at the next look
                break
            await asyncio.sleep(0.01)
        assert session.closed
        assert not asyncio.get_running_loop().remove_reader(session._socket)

    reading(postgres_url, work)


def test_session_that_does_not_answer_in_time_is_replaced(postgres_url: str) -> None:
    patience = 0.5

    async def work(_: SqlStore, reader: PostgresqlReader) -> None:
        seen = await reader.look()
        own = reader._looks
        assert own is not None
        own.close()
        other = await psycopg.AsyncConnection.connect(plain(postgres_url), autocommit=True)
        await other.execute("CREATE TABLE pause AS SELECT 0.3::float AS seconds")
        session = await psycopg.AsyncConnection.connect(plain(postgres_url), autocommit=True)
        slow = RepeatedQuery(
            session, "SELECT pg_sleep(seconds) FROM pause", prepares=True, patience=patience
        )
        # Each question has all of the time, however many there are.
        for _each in range(3):
            assert await slow.row() == [b""]
        await other.execute("UPDATE pause SET seconds = 20")
        await other.close()
        reader._looks = slow
        began = time.monotonic()
        with pytest.raises(Unavailable, match="did not answer in time"):
            await reader.look()
        assert patience <= time.monotonic() - began < 10
        assert await reader.look() == seen

    reading(postgres_url, work)


def test_looks_are_the_same_while_nothing_changes(postgres_url: str) -> None:
    async def work(store: SqlStore, reader: PostgresqlReader) -> None:
        first = await reader.look()
        assert await reader.look() is first
        await asyncio.to_thread(create, store, "b")
        assert (await reader.look()).value == first.value + 1

    reading(postgres_url, work)


def test_errors_of_the_statement_leave_the_session_usable(postgres_url: str) -> None:
    async def work(_: SqlStore, reader: PostgresqlReader) -> None:
        connection = await psycopg.AsyncConnection.connect(plain(postgres_url), autocommit=True)
        query = RepeatedQuery(
            connection, "SELECT 1 / (SELECT count(*) FROM left_over)", prepares=True
        )
        with pytest.raises(psycopg.errors.UndefinedTable):
            await query.row()
        async with await psycopg.AsyncConnection.connect(
            plain(postgres_url), autocommit=True
        ) as other:
            await other.execute("CREATE TABLE left_over (a int)")
            with pytest.raises(psycopg.errors.DivisionByZero):
                await query.row()
            await other.execute("INSERT INTO left_over VALUES (1)")
        assert await query.row() == [b"1"]
        query.close()
        with pytest.raises(psycopg.OperationalError):
            await query.row()

    reading(postgres_url, work)
