"""How the memory of a migration grows with the rows of a table: from 100,000 to a million.

`KCONV_BENCH_MILLION` sets how many rows the large table has.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench import table_migration
from bench.figure import INSTALLED, Figure
from bench.table_migration import PLACE, TESTS
from kconv_migrations._tables import upgrade

SMALL = 100_000
LARGE = int(os.environ.get("KCONV_BENCH_MILLION", "1000000"))

MEASURE = """
import resource, runpy, sys
sys.argv = ["kconv", *sys.argv[1:]]
try:
    runpy.run_module("kconv", run_name="__main__")
finally:
    who = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    print(max(resource.getrusage(each).ru_maxrss for each in who), file=sys.stderr)
"""
"""A command line, and the most memory that one of its processes had, in KiB, at the end."""


def figures() -> Iterator[Figure]:
    """MiB of the largest process of ``kconv migrate --place`` on SQLite, with before-images."""
    with tempfile.TemporaryDirectory(prefix="kconv-bench-") as folder:
        small, large = (peak(Path(folder) / "shop.db", rows) for rows in (SMALL, LARGE))
    yield Figure("table-memory-large-over-small", large / small, "ratio", 1.1)
    yield Figure("table-memory-small", small, "MiB")
    yield Figure("table-memory-large", large, "MiB")


def peak(file: Path, rows: int) -> float:
    """The most memory that a process of the run had, in MiB."""
    for each in file.parent.iterdir():
        each.unlink()
    url = f"sqlite:///{file}"
    upgrade(url)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(table_migration.CREATE)
        connection.executemany(
            "INSERT INTO orders VALUES (?, ?, 1)",
            ((number, table_migration.old(number)) for number in range(rows)),
        )
        connection.commit()
    command = [sys.executable, "-c", MEASURE, "migrate", *PLACE, "--db", url]
    environment = {**INSTALLED, "PYTHONPATH": str(TESTS)}
    ended = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return int(ended.stderr.split()[-1]) / 1024
