"""What the store's writes cost when they are handed over from an event loop.

Next to each stands the least that could do the same: a loop of the driver's own that runs the
statements of a write and commits, where 16 callers wait for as many writes at a time.
"""

import asyncio
import itertools
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial

import psycopg

from bench.figure import Figure
from bench.migration import OLD, UID, Rows
from bench.part import Part
from bench.serving.databases import NAMES, database
from kconv._store import Key, SqlStore, Stored, Write, open_store

CALLERS = 16
MANY = 300_000
FEW = 500
OBJECTS = 25
"""Each caller has so many to update."""
SECONDS = 0.4
ROUNDS = 9

KEY = "grp = 'batch' AND resource = 'cronjobs' AND namespace = 'default' AND name = ?"
BARE = (
    f"SELECT uid, resource_version FROM kconv_objects WHERE {KEY}",
    "SELECT value FROM kconv_revision WHERE id = 1",
    "UPDATE kconv_revision SET value = ? WHERE id = 1",
    f"UPDATE kconv_objects SET resource_version = ?, data = ? WHERE {KEY}",
    """INSERT INTO kconv_changes
    (resource_version, type, grp, resource, namespace, name, uid, api_version, data)
    VALUES (?, 'MODIFIED', 'batch', 'cronjobs', 'default', ?, ?, ?, ?)""",
)


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


class Bare:
    """The same updates by the driver."""

    def __init__(self, url: str, rows: Rows) -> None:
        self.names = itertools.cycle(list(rows.old))
        self.data = next(iter(rows.old.values()))
        self.connection: sqlite3.Connection | psycopg.Connection
        self.begin = "BEGIN"
        if url.startswith("sqlite"):
            self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            self.connection.execute("PRAGMA synchronous = FULL")
            self.connection.execute("PRAGMA foreign_keys = ON")
            self.statements: Sequence[str] = BARE
            self.begin = "BEGIN IMMEDIATE"
        else:
            self.connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
            self.connection.prepare_threshold = 0
            lock = ("FOR UPDATE", "FOR UPDATE", "", "", "")
            self.statements = tuple(
                f"{each} {how}".replace("?", "%s") for each, how in zip(BARE, lock, strict=True)
            )

    def transaction(self, count: int) -> None:
        find, counter, count_up, put, log = self.statements
        names = sorted(itertools.islice(self.names, count))
        cursor = self.connection.cursor()
        cursor.execute(self.begin)
        found = [cursor.execute(find, (name,)).fetchone() for name in names]
        assert all(found)
        (number,) = cursor.execute(counter).fetchall()[0]
        cursor.execute(count_up, (number + count,))
        each = [(number + at, name) for at, name in enumerate(names, 1)]
        cursor.executemany(put, [(version, self.data, name) for version, name in each])
        cursor.executemany(log, [(version, name, UID, OLD, self.data) for version, name in each])
        cursor.execute("COMMIT")

    def rate(self, count: int) -> float:
        start = time.perf_counter()
        done = 0
        while time.perf_counter() < start + SECONDS:
            self.transaction(count)
            done += count
        return done / (time.perf_counter() - start)


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
