"""A run leaves room for those who write, and is at full speed where nobody does."""

import math
import time
from collections.abc import Sequence
from typing import Any

import pytest

from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from kconv_migrations._migration import Settings, migrate, plan, undo
from kconv_migrations._migration import steering as steering_module
from kconv_migrations._migration.pace import FIRST, FREE, HELD, LATELY, LEAST, Pace
from migrate.samples import NEW, key, placed, rows, seed


class Database:
    """A clock, and transactions that take a time by their rows; others write when told to."""

    def __init__(self, most: int, seconds_per_row: float = 0.0001) -> None:
        self.now, self.head, self.per_row = 0.0, 100, seconds_per_row
        self.slept: list[float] = []
        self.pace = Pace(lambda: self.head, most, clock=lambda: self.now, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def transaction(self, others: int = 0) -> float:
        """Run one, in which others write so often; returns how long it took."""
        rows = self.pace.rows
        seconds = rows * self.per_row
        self.now += seconds
        self.head += others
        self.pace.after(rows, seconds)
        return seconds


def test_full_speed_where_nobody_writes() -> None:
    database = Database(most=1000)
    for _ in range(math.ceil(math.log2(1000 / FIRST)) + 1):
        database.transaction()
    assert database.pace.rows == 1000
    assert database.slept == []


@pytest.mark.parametrize("per_row", [0.00001, 0.0001, 0.001, 0.01])
def test_short_transactions_where_others_write(per_row: float) -> None:
    database = Database(most=1000, seconds_per_row=per_row)
    for _ in range(20):
        taken = database.transaction(others=1)
    assert taken <= HELD * 1.01 or database.pace.rows == LEAST
    assert taken >= HELD / 2.1 or database.pace.rows == 1000 or per_row * LEAST > HELD / 2
    assert database.slept[-1] == pytest.approx(taken * FREE)
    share = sum(database.slept) / database.now
    assert share > 0.5, "most of the time is the others'"


def test_writers_that_come_and_go() -> None:
    database = Database(most=1000)
    for _ in range(10):
        database.transaction()
    assert database.pace.rows == 1000
    database.transaction(others=3)
    database.transaction(others=3)
    database.transaction(others=3)
    assert database.pace.rows <= 200
    quiet_since = database.now
    while database.now < quiet_since + LATELY / 2:
        assert database.pace.rows <= 200
        database.transaction()
    while database.now < quiet_since + 2 * LATELY:
        database.transaction()
    assert database.pace.rows == 1000


def test_one_that_waited_for_others_is_not_taken_for_slow() -> None:
    database = Database(most=1000)
    for _ in range(10):
        database.transaction(others=1)
    usual, rest = database.pace.rows, database.slept[-1]
    database.per_row *= 1000
    database.transaction(others=1)
    assert database.pace.rows == usual
    assert database.slept[-1] == pytest.approx(rest)


def test_rows_that_have_become_slower_are_noticed() -> None:
    database = Database(most=1000)
    for _ in range(10):
        database.transaction(others=1)
    database.per_row *= 5
    for _ in range(20):
        taken = database.transaction(others=1)
    assert taken <= HELD * 1.01


def test_a_run_beside_a_writer_is_in_short_transactions(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(store, pipeline, 400)
    sizes: list[int] = []
    rewrite = SqlStore.rewrite

    def slow(self: SqlStore, items: Sequence[Any], **options: Any) -> int:
        sizes.append(len(items))
        store.create(key(f"writer-{len(sizes)}"), uid="u", api_version=NEW, data=b"{}")
        time.sleep(0.002 * len(items))
        return rewrite(self, items, **options)

    monkeypatch.setattr(SqlStore, "rewrite", slow)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    (outcome,) = migrate(placed(store), pipeline, targets)
    assert outcome.objects == 400
    assert max(sizes[4:]) <= 16
    assert undo(placed(store), outcome.run).restored == 400


@pytest.mark.parametrize(("rate", "paced"), [(0.0, True), (1e9, False)])
def test_who_says_a_rate_gets_that(
    store: SqlStore,
    pipeline: Pipeline,
    monkeypatch: pytest.MonkeyPatch,
    rate: float,
    paced: bool,
) -> None:
    made: list[object] = []

    class Noted(Pace):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            made.append(self)
            super().__init__(*arguments, **named)

    monkeypatch.setattr(steering_module, "Pace", Noted)
    seed(store, pipeline, 5)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    list(migrate(placed(store), pipeline, targets, Settings(rate=rate)))
    assert bool(made) == paced
    assert rows(store) == {NEW: (5, 5)}
