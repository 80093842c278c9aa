"""The statements of a write by the driver itself, and nothing else."""

import itertools
import sqlite3
import time
from collections.abc import Sequence

import psycopg

from bench.migration import OLD, UID, Rows

SECONDS = 0.4
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
