"""Whether others write to a SQLite file is found out by leaving it alone for a moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kconv._store.database import Database, parse_url
from kconv._store.other_writers import EVERY, REST, SOON, OtherWriters


class Others:
    """A clock that sleeping advances, and who writes while it sleeps."""

    def __init__(self, file: Path) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.write = False
        self._file = file

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(self.now)
        self.now += seconds
        if self.write:
            with closing(sqlite3.connect(self._file)) as connection:
                connection.execute("INSERT INTO things VALUES (1)")
                connection.commit()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE things (id integer)")
    return tmp_path / "a.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    made = Database(parse_url(f"sqlite:///{file}"))
    yield made
    made.close()


def test_it_rests_now_and_then_and_counts_who_writes_meanwhile(
    file: Path, database: Database
) -> None:
    others = Others(file)
    counted = OtherWriters(database, clock=others.clock, sleep=others.sleep)
    assert [counted.count() for _ in range(3)] == [0, 0, 0]
    assert others.slept == [], "not at once"
    found = []
    for others.write in (False, True, True, False, False):
        before = len(others.slept)
        while len(others.slept) == before:
            others.now += 0.01
            number = counted.count()
        found.append(number)
    assert found == [0, 1, 2, 2, 2]
    gaps = [b - a - REST for a, b in zip(others.slept, others.slept[1:], strict=False)]
    assert gaps == pytest.approx([EVERY, SOON, SOON, EVERY], abs=0.011)


def test_what_this_process_wrote_before_is_not_counted(file: Path, database: Database) -> None:
    others = Others(file)
    counted = OtherWriters(database, clock=others.clock, sleep=others.sleep)
    for _ in range(300):
        others.now += 0.01
        database.write(lambda c: c.exec_driver_sql("INSERT INTO things VALUES (2)"))
        assert counted.count() == 0
    assert len(others.slept) >= 2
