"""A run that goes on is paused, resumed and given another rate, and says so in its status."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import pytest

from cli.samples import Ended
from fixtures.until import until
from kconv._cli.run_table import going_on, steering_as_json
from kconv._errors import Conflict, TimedOut, UsageError
from kconv._pipeline import Pipeline
from kconv._store import SqlStore, open_store
from kconv_migrations._migration import Settings, hold, migrate, plan, undo
from kconv_migrations._migration import steering as steering_module
from kconv_migrations._migration.batch_size import BatchSize
from migrate.samples import NEW, OLD, placed, rows, seed

Run = Callable[..., Ended]
Start = Callable[..., "subprocess.Popen[str]"]


def rewritten(store: SqlStore) -> int:
    return sum(rows(store).get(NEW, (0, 0)))


@pytest.fixture
def slow_run(
    start: Start, store: SqlStore, pipeline: Pipeline, database_url: str
) -> "subprocess.Popen[str]":
    """600 rows at 40 a second, of which some are rewritten."""
    seed(store, pipeline, 300)
    options = ["--db", database_url, "--rate", "40", "--batch-size", "10", "--workers", "1"]
    process = start("migrate", "--to", "batch=v1", *options)
    until(lambda: rewritten(store))
    return process


def test_pause_resume_and_rate(
    slow_run: "subprocess.Popen[str]", kconv: Run, store: SqlStore
) -> None:
    paused = kconv("migrate", "pause")
    assert (paused.code, paused.out.split()[0]) == (0, "run")
    assert "kconv migrate resume" in paused.out
    (run,) = store.runs()
    until(lambda: store.run(run.id).waiting, 5)
    before = rewritten(store)
    status = kconv("migrate", "status")
    assert f"{before} of 600 rows; waits: paused" in status.out
    assert "paused " in status.out
    (listed,) = json.loads(kconv("migrate", "status", "-o", "json").out)["runs"]
    assert (listed["paused"], listed["done"], listed["total"]) == (True, before, 600)
    assert listed["waiting"].startswith("paused")
    time.sleep(1.5)
    assert rewritten(store) == before
    assert store.run(run.id).lease > 0
    told = kconv("migrate", "rate", "0", "-o", "json")
    assert json.loads(told.out)["rate"] == 0
    assert json.loads(told.out)["paused"] is True
    assert kconv("migrate", "resume").out == f"run {run.id} goes on\n"
    out, err = slow_run.communicate(timeout=20)
    assert slow_run.returncode == 0, err
    assert "300 objects and 300 changes rewritten" in out
    assert "waiting: paused" in err
    assert "going on" in err
    assert rows(store) == {NEW: (300, 300)}


def test_a_lower_rate(slow_run: "subprocess.Popen[str]", kconv: Run, store: SqlStore) -> None:
    assert kconv("migrate", "rate", "2").out.endswith("2 rows a second at most\n")
    time.sleep(2)
    before, began = rewritten(store), time.monotonic()
    time.sleep(3)
    after, seconds = rewritten(store), time.monotonic() - began
    assert after - before <= 2 * (seconds + 1) + 1
    assert kconv("migrate", "rate", "0").out.endswith("no limit\n")
    _, err = slow_run.communicate(timeout=20)
    assert slow_run.returncode == 0, err
    assert rows(store) == {NEW: (300, 300)}


@pytest.mark.parametrize("command", [["pause"], ["resume"], ["rate", "5"]])
def test_where_no_run_goes_on(kconv: Run, store: SqlStore, command: list[str]) -> None:
    ended = kconv("migrate", *command)
    assert (ended.code, ended.out) == (1, "")
    assert "no run is in progress" in ended.err


def test_a_run_that_has_ended_is_told_nothing(store: SqlStore) -> None:
    place = placed(store)
    with hold(place, []) as held:
        with pytest.raises(UsageError, match="is no rate"):
            place.steer_run(held.id, rate=-1)
        assert place.steer_run(held.id, rate=7).rate == 7
        assert place.steer_run(held.id, paused=True).paused
        now = place.report_run(held.id, done=3, total=4, waiting="a while")
        assert (now.rate, now.paused, now.done, now.total) == (7, True, 3, 4)
        assert now.raced is None
        assert place.report_run(held.id, done=3, total=4, waiting="", raced=2).raced == 2
        assert going_on(store.run(held.id)) == (
            f"run {held.id}: 3 of 4 rows, 2 conflicts, 7 rows a second at most; is about to pause"
        )
        assert steering_as_json(store.run(held.id))["raced"] == 2
        again = place.report_run(held.id, done=3, total=4, waiting="a while")
        assert again.raced == 2, "None leaves it"
        held.ending = "done"
    with pytest.raises(Conflict, match="no longer held"):
        place.steer_run(held.id, paused=False)
    with pytest.raises(Conflict, match="no longer held"):
        place.report_run(held.id, done=4, total=4, waiting="")
    assert store.run(held.id).waiting == "a while"


def test_undo_can_be_paused(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(store, pipeline, 200)
    place = placed(store)
    targets = plan(place, ["cronjobs.batch"], ["batch=v1"])
    (outcome,) = migrate(place, pipeline, targets)
    monkeypatch.setattr(steering_module, "LOOK", 0.0)
    moments: list[float] = []
    resumed: list[float] = []
    restore = SqlStore.restore

    def resume(run: str) -> None:
        time.sleep(1)
        assert place.run(run).waiting.startswith("paused")
        resumed.append(time.monotonic())
        place.steer_run(run, paused=False)

    def paused_at_once(self: SqlStore, *arguments: Any, **options: Any) -> Any:
        moments.append(time.monotonic())
        done = restore(self, *arguments, **options)
        if len(moments) == 1:
            run = place.runs()[0].id
            place.steer_run(run, paused=True)
            threading.Thread(target=resume, args=(run,)).start()
        return done

    monkeypatch.setattr(SqlStore, "restore", paused_at_once)
    undone = undo(place, outcome.run)
    assert undone.restored == 200
    assert moments[1] > resumed[0] > moments[0] + 1
    assert (place.runs()[0].total, rows(store)[OLD]) == (200, (200, 0))


class TestBatchSize:
    """As many rows as it takes so long to write."""

    @pytest.mark.parametrize("per_row", [0.00001, 0.001, 0.01, 0.7, 5])
    def test_it_settles(self, per_row: float) -> None:
        batch = BatchSize(1000, 1.0)
        for _ in range(30):
            batch.after(batch.rows, batch.rows * per_row)
        taken = batch.rows * per_row
        assert taken <= 1.0 or batch.rows == 1
        assert taken > 0.4 or batch.rows == 1000 or batch.rows == 1

    def test_it_follows(self) -> None:
        batch = BatchSize(1000, 1.0)
        for _ in range(20):
            batch.after(batch.rows, batch.rows * 0.1)
        assert batch.rows == 10
        for _ in range(20):
            batch.after(batch.rows, batch.rows * 0.0001)
        assert batch.rows == 1000

    def test_half_of_what_timed_out(self) -> None:
        batch = BatchSize(1000, 1.0)
        sizes = []
        for _ in range(12):
            batch.timed_out(batch.rows)
            sizes.append(batch.rows)
        assert sizes[:4] == [500, 250, 125, 62]
        assert sizes[-1] == 1
        batch = BatchSize(1000, 1.0)
        batch.timed_out(1000)
        batch.after(500, 0.01)
        assert batch.rows == 562, "it does not try the whole again at once"


def test_a_batch_that_times_out_is_halved(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(store, pipeline, 300)
    sizes: list[int] = []
    rewrite = SqlStore.rewrite

    def limited(self: SqlStore, items: Sequence[Any], **options: Any) -> int:
        sizes.append(len(items))
        if len(items) > 20:
            raise TimedOut("the database took too long", cause="took too long")
        return rewrite(self, items, **options)

    monkeypatch.setattr(SqlStore, "rewrite", limited)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    (outcome,) = migrate(
        placed(store), pipeline, targets, Settings(rate=1e6, batch_size=200, outage=30)
    )
    assert outcome.done
    assert outcome.objects == 300
    assert sizes[:5] == [200, 100, 50, 25, 12]
    assert max(sizes[5:]) <= 25


def test_what_never_fits_is_raised(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(store, pipeline, 5)
    sizes: list[int] = []

    def never(self: SqlStore, items: Sequence[Any], **options: Any) -> int:
        sizes.append(len(items))
        raise TimedOut("the database took too long", cause="took too long")

    monkeypatch.setattr(SqlStore, "rewrite", never)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    with pytest.raises(TimedOut):
        list(migrate(placed(store), pipeline, targets))
    assert sizes == [5, 2, 1]
    assert rows(store)[OLD] == (5, 5)


def test_a_statement_timeout_of_postgresql(postgres_tables_url: str, pipeline: Pipeline) -> None:
    store = open_store(postgres_tables_url)
    seed(store, pipeline, 100)
    store.close()
    with psycopg.connect(postgres_tables_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(0.005); RETURN NEW; END $$"
        )
        admin.execute(
            "CREATE TRIGGER slow BEFORE UPDATE ON kconv_objects "
            "FOR EACH ROW EXECUTE FUNCTION slow()"
        )
        name = admin.info.dbname
        admin.execute(f"ALTER DATABASE \"{name}\" SET statement_timeout = '250ms'".encode())
    store = open_store(postgres_tables_url)
    try:
        targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
        (outcome,) = migrate(placed(store), pipeline, targets, Settings(rate=1e6))
        assert outcome.done
        assert outcome.objects == 100
    finally:
        store.close()
