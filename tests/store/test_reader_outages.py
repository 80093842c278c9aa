"""Reads by way of the event loop while PostgreSQL is ended and started."""

import asyncio
from collections import Counter
from contextlib import closing

from fixtures.postgres import PostgresServer
from kconv._errors import KconvError
from kconv._store import open_store
from kconv_migrations import _tables as db
from store.samples import GROUP, RESOURCE, V1, create, cronjob

READERS = 12
OUTAGES = 2


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
