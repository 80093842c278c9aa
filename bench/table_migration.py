"""What migrating a table of a user's own costs, over the loop that one would write for it.

The bare loop is a script for this one change: it reads a page of rows, `json.loads` each document,
renames two keys, `json.dumps` it, and updates the row by its key; a transaction for each page. It
checks nothing, keeps nothing, and overwrites what somebody has written meanwhile. It is timed
without the start of a process; ``kconv migrate --no-undo`` is a whole process, with its start.

`KCONV_BENCH_ROWS` sets how many orders there are, 100,000 by default.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from bench.figure import INSTALLED, Figure
from kconv_migrations._tables import upgrade

ROWS = int(os.environ.get("KCONV_BENCH_ROWS", "100000"))
PAGE = 500
ROUNDS = 3
TESTS = Path(__file__).parent.parent / "tests"
PLACE = ("--place", "places.named_place:orders")
"""Orders as the tests have them: TEXT, and the version in a column."""

CREATE = "CREATE TABLE orders (id integer PRIMARY KEY, document text, version integer)"
SELECT = "SELECT id, document FROM orders WHERE version = 1 AND id > {0} ORDER BY id LIMIT {1}"
UPDATE = "UPDATE orders SET document = {0}, version = 3 WHERE id = {0}"
LINES = [f"item {number} of the order, with a name" for number in range(12)]


def old(number: int) -> str:
    return json.dumps({"customer": f"buyer-{number}", "total": number, "lines": LINES})


def renamed(text: str) -> str:
    """An order in its last version."""
    document = json.loads(text)
    document["buyer"] = document.pop("customer")
    document["cents"] = document.pop("total")
    return json.dumps(document)


def fill(connection: Any, mark: str) -> None:
    """Store the orders in their first version."""
    cursor = connection.cursor()
    cursor.execute(CREATE)
    statement = f"INSERT INTO orders VALUES ({mark}, {mark}, 1)"
    cursor.executemany(statement, [(number, old(number)) for number in range(ROWS)])
    connection.commit()


def write_back(connection: Any, mark: str) -> float:
    """Seconds of the bare loop."""
    start = time.perf_counter()
    cursor = connection.cursor()
    after = -1
    while True:
        cursor.execute(SELECT.format(mark, PAGE), (after,))
        page = cursor.fetchall()
        if not page:
            return time.perf_counter() - start
        after = page[-1][0]
        cursor.executemany(UPDATE.format(mark), [(renamed(text), at) for at, text in page])
        connection.commit()


def migrate(url: str) -> float:
    """Seconds of a whole process."""
    command = [sys.executable, "-m", "kconv", "migrate", *PLACE, "--db", url, "--no-undo"]
    environment = {**INSTALLED, "PYTHONPATH": str(TESTS)}
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - start


def figures() -> Iterator[Figure]:
    """Measure whole processes of ``kconv migrate --place``, at best of some rounds."""
    with tempfile.TemporaryDirectory(prefix="kconv-bench-") as name:
        seed, file = Path(name) / "seed.db", Path(name) / "shop.db"
        upgrade(f"sqlite:///{seed}")
        with closing(sqlite3.connect(seed)) as connection:
            fill(connection, "?")
        bare, run = [], []
        for _ in range(ROUNDS):
            fresh(seed, file)
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                bare.append(write_back(connection, "?"))
            fresh(seed, file)
            run.append(migrate(f"sqlite:///{file}"))
    yield Figure("table-migration-sqlite-over-bare-loop", min(run) / min(bare), "ratio", 2.5)
    yield Figure("table-migration-sqlite", ROWS / min(run), "rows/s", bound=ROWS / min(bare))
    yield from postgresql_figures()


def postgresql_figures() -> Iterator[Figure]:
    """On a server of its own, as the tests have it."""
    sys.path.append(str(TESTS))
    from fixtures.postgres import PostgresServer

    server = PostgresServer()
    bare, run = [], []
    try:
        server.initialise()
        server.start()
        for _ in range(ROUNDS):
            bare.append(on_postgresql(server, is_bare=True))
            run.append(on_postgresql(server, is_bare=False))
    finally:
        server.remove()
    yield Figure("table-migration-postgresql-over-bare-loop", min(run) / min(bare), "ratio", 1.5)
    yield Figure("table-migration-postgresql", ROWS / min(run), "rows/s", bound=ROWS / min(bare))


def on_postgresql(server: Any, *, is_bare: bool) -> float:
    name = server.create_database()
    url: str = server.url(name)
    try:
        upgrade(url)
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            fill(connection, "%s")
            if is_bare:
                return write_back(connection, "%s")
        return migrate(url)
    finally:
        server.drop_database(name)


def fresh(seed: Path, file: Path) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)
    shutil.copy(seed, file)
