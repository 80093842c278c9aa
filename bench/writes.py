"""What the store's writes cost when they are handed over from an event loop.

Next to each stands the least that could do the same: a loop of the driver's own that runs the
statements of a write and commits, where 16 callers wait for as many writes at a time.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial

from bench.bare_driver import SECONDS, Bare
from bench.figure import Figure
from bench.migration import OLD, Rows
from bench.part import Part
from bench.serving.databases import NAMES, database
from kconv._store import Key, SqlStore, Stored, Write, open_store

CALLERS = 16
MANY = 300_000
FEW = 500
OBJECTS = 25
"""Each caller has so many to update."""
ROUNDS = 9


class Ours:
    """Updates of objects, each by a caller that waits for it before it does the next."""

    def __init__(self, url: str, rows: Rows) -> None:
        self.store: SqlStore = open_store(url)
        self.names = list(rows.old)
        random.Random(1).shuffle(self.names)
        self.data = next(iter(rows.old.values()))
        self.at: dict[str, Stored] = {}

    async def caller(self, mine: Sequence[str], end: float) -> int:
        done = 0
        for name in itertools.cycle(mine):
            if time.perf_counter() > end:
                break
            stored = self.at.get(name) or self.store.get(Key("batch", "cronjobs", "default", name))
            write = Write("MODIFIED", stored.key, OLD, self.data, expected=stored.resource_version)
            self.at[name] = await self.store.submit(write)
            done += 1
        return done

    def rate(self, callers: int) -> float:
        """Updates a second."""
        mine = [
            self.names[number : number + OBJECTS] for number in range(0, callers * OBJECTS, OBJECTS)
        ]
        for name in itertools.chain(*mine):
            if name not in self.at:
                self.at[name] = self.store.get(Key("batch", "cronjobs", "default", name))

        async def work() -> float:
            start = time.perf_counter()
            done = await asyncio.gather(*(self.caller(each, start + SECONDS) for each in mine))
            return sum(done) / (time.perf_counter() - start)

        return asyncio.run(work())


def best(*works: Callable[[], float]) -> list[float]:
    """The highest rate of each, of several rounds in turns."""
    rates = [0.0] * len(works)
    for _ in range(ROUNDS):
        rates = [max(rate, work()) for rate, work in zip(rates, works, strict=True)]
    return rates


def alone_and_together(name: str) -> Iterator[Figure]:
    """One caller, and 16 at once, beside the driver's loop."""
    rows = Rows(FEW)
    with database(name, rows) as url, database(name, rows) as other:
        ours, bare = Ours(url, rows), Bare(other, rows)
        for what, count in (("alone", 1), ("together", CALLERS)):
            mine, least = best(partial(ours.rate, count), partial(bare.rate, count))
            yield Figure(f"writes-{name}-{what}-over-driver", mine / least, "ratio", None, 1.0)
            yield Figure(f"writes-{name}-{what}", mine, "writes/s", None, least)
        bare.connection.close()
        ours.store.close()


def among_many(name: str) -> Iterator[Figure]:
    """16 callers among 300,000 objects, over as many among few."""
    few, many = Rows(FEW), Rows(MANY)
    with database(name, few) as small, database(name, many) as large:
        first, second = Ours(small, few), Ours(large, many)
        with closing(first.store), closing(second.store):
            least, mine = best(partial(first.rate, CALLERS), partial(second.rate, CALLERS))
        yield Figure(f"writes-{name}-many-over-few", mine / least, "ratio", 0.9, 1.0, least=True)


PARTS = [
    *(Part(f"writes-{name}", partial(alone_and_together, name)) for name in NAMES),
    *(Part(f"writes-{name}-many", partial(among_many, name)) for name in NAMES),
]
