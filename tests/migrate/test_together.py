"""Two runs at once: one goes on, the other says who holds it; a dead holder is not waited for."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from cli.samples import run_process
from kconv._errors import Conflict
from kconv._pipeline import Pipeline
from kconv._store import RunTarget, SqlStore
from kconv_migrations._migration import Settings, hold, migrate, plan
from kconv_migrations._migration.lease import holder_is_dead
from migrate.samples import NEW, OLD, everything, placed, rows, seed


def test_of_two_runs_started_together_one_goes_on(
    store: SqlStore,
    pipeline: Pipeline,
    database_url: str,
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    seed(store, pipeline, 100)
    before = everything(store)
    slowly = ("--batch-size", "3", "--rate", "100")
    arguments = ("migrate", "cronjobs.batch", "--to", "batch=v1", "--db", database_url, *slowly)
    both = [start(*arguments), start(*arguments)]
    ended = {process.pid: process.communicate(timeout=60) for process in both}
    codes = {process.pid: process.returncode for process in both}
    assert sorted(codes.values()) == [0, 1], ended
    (winner,) = (pid for pid, code in codes.items() if code == 0)
    (loser,) = (pid for pid, code in codes.items() if code == 1)
    assert "is going on: kconv migrate by " in ended[loser][1]
    assert f"process {winner} on " in ended[loser][1]
    assert ended[winner][1] == ""
    assert rows(store) == {NEW: (100, 100)}
    assert everything(store) == before
    (run,) = store.runs()
    assert run.state == "done"


def test_the_lease_of_a_dead_holder_expires(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 3)
    store.begin_run("elsewhere", [], 1.0)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    with pytest.raises(Conflict, match="elsewhere"):
        list(migrate(placed(store), pipeline, targets))
    assert rows(store) == {OLD: (3, 3)}
    while store.runs()[0].lease > 0:
        pass
    (outcome,) = migrate(placed(store), pipeline, targets)
    assert outcome.done
    assert [run.state for run in store.runs()] == ["done", "interrupted"]


def test_a_run_is_held_as_long_as_it_takes(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 12)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    settings = Settings(batch_size=4, rate=16, lease=0.3)
    (outcome,) = migrate(placed(store), pipeline, targets, settings)
    assert outcome.done
    assert outcome.seconds > 1


def test_the_lease_of_a_run_is_renewed(store: SqlStore) -> None:
    with hold(placed(store), [], lease=1.5) as held:
        lowest = held.run.lease
        deadline = time.monotonic() + 10
        while (left := store.run(held.id).lease) <= lowest:
            assert time.monotonic() < deadline, f"{left} seconds of the lease are left"
            lowest = left
        with pytest.raises(Conflict, match=held.id):
            store.begin_run("another", [], 1.0)
    assert store.run(held.id).state == "interrupted"


def test_a_run_that_was_taken_over_writes_nothing_more(store: SqlStore, pipeline: Pipeline) -> None:
    seed(store, pipeline, 6)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    with pytest.raises(Conflict, match="no longer held"):
        list(migrate(placed(store), pipeline, targets, progress=lambda _: _end(store)))
    assert rows(store)[OLD] == (6, 6)


def _end(store: SqlStore) -> None:
    for run in store.runs():
        store.end_run(run.id, "interrupted")


def test_a_holder_that_is_dead_on_this_machine_is_not_waited_for(
    store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    seed(store, pipeline, 3)
    code = (
        "import os, sys; from kconv._store import open_store;"
        "open_store(sys.argv[1]).begin_run('gone', [], 600.0); os._exit(9)"
    )
    run_python(code, database_url)
    assert store.runs()[0].lease > 500
    planned = run_process("migrate", "plan", "--to", "batch=v1", "--db", database_url)
    assert (planned.code, planned.err) == (0, "")
    ended = run_process("migrate", "--to", "batch=v1", "--db", database_url)
    assert ended.code == 0, ended.err
    with hold(placed(store), [RunTarget("cronjobs.batch", (OLD,), NEW)]) as held:
        assert held.run.pid == os.getpid()


def test_who_counts_as_dead(store: SqlStore) -> None:
    with hold(placed(store), []) as held:
        mine = held.run
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    assert holder_is_dead(replace(mine, pid=gone.pid))
    assert not holder_is_dead(replace(mine, pid=gone.pid, host=f"not-{mine.host}"))
    assert not holder_is_dead(mine)
    assert not holder_is_dead(replace(mine, pid=os.getppid()))


def run_python(code: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-c", code, *arguments], check=False)
