"""Reads by way of the event loop while PostgreSQL is ended and started."""

import asyncio
import gc
from collections import Counter
from contextlib import closing

import pytest

from fixtures.postgres import PostgresServer
from kconv._errors import KconvError, Unavailable
from kconv._store import open_store
from kconv._store.postgresql_reader import PostgresqlReader
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, create, cronjob

READERS = 12
OUTAGES = 2


def test_reads_under_way_leave_no_connection_when_the_reader_is_closed(
    postgres_url: str, recwarn: pytest.WarningsRecorder
) -> None:
    """Whether they wait for an answer or for a connection when it is closed."""
    db.upgrade(postgres_url)
    outcomes: list[object] = []

    async def reads(pause: float) -> None:
        store = open_store(postgres_url)
        reader = store.open_reader()
        if pause:
            await reader.look()
        tasks: list[asyncio.Task[object]] = []
        for _ in range(READERS):
            tasks.append(asyncio.ensure_future(reader.rows([cronjob("a")])))
            tasks.append(asyncio.ensure_future(reader.look()))
        await asyncio.sleep(pause)
        reader.close()
        outcomes.extend(await asyncio.gather(*tasks, return_exceptions=True))
        with pytest.raises(Unavailable, match="has been closed"):
            await reader.look()
        assert isinstance(reader, PostgresqlReader)
        assert reader._connection is None
        assert reader._looks is None
        store.close()

    for pause in (0.0, 0.001, 0.004, 0.01):
        asyncio.run(reads(pause))
    gc.collect()
    assert [each for each in recwarn if issubclass(each.category, ResourceWarning)] == []
    failures = [each for each in outcomes if isinstance(each, Exception)]
    assert {type(each) for each in failures} == {Unavailable}


def test_many_reads_at_once_while_the_server_ends_and_starts(
    postgres_url: str, stoppable: PostgresServer
) -> None:
    db.upgrade(postgres_url)
    told: Counter[str] = Counter()

    async def reads() -> None:
        store = open_store(postgres_url)
        reader = store.open_reader()
        ending = asyncio.Event()

        async def read() -> None:
            while not ending.is_set():
                try:
                    await reader.look()
                    await reader.rows([cronjob("a")])
                    told["answered"] += 1
                except KconvError as error:
                    told[type(error).__name__] += 1
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(read()) for _ in range(READERS)]
        for _ in range(OUTAGES):
            await asyncio.sleep(0.3)
            await asyncio.to_thread(stoppable.stop, immediate=True)
            await asyncio.to_thread(stoppable.start)
        before = told.total()
        await asyncio.sleep(0.3)
        ending.set()
        await asyncio.gather(*tasks)
        assert told.total() > before
        reader.close()
        store.close()

    with closing(open_store(postgres_url)) as store:
        store.ensure([(GROUP, RESOURCE, V1)])
        create(store, "a")
    asyncio.run(reads())
    assert set(told) == {"answered", "Unavailable"}, told
