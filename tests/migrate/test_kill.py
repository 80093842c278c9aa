"""A run that is killed leaves every object whole, and the next run finishes it."""

import subprocess
import time
from collections.abc import Callable

import pytest

from cli.samples import run_process
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from migrate.samples import NEW, OLD, everything, rows, seed

COUNT = 60
KILLED_COUNT = 1500

Start = Callable[..., subprocess.Popen[str]]


@pytest.mark.parametrize("rewritten", [0, COUNT + 10])
def test_killed_run_is_finished_by_the_next(
    store: SqlStore, pipeline: Pipeline, database_url: str, start: Start, rewritten: int
) -> None:
    seed(store, pipeline, COUNT)
    before, head = everything(store), store.head()
    options = ("--batch-size", "5", "--rate", "80", "--workers", "2")
    process = start("migrate", "--to", "batch=v1", "--db", database_url, *options)
    deadline = time.monotonic() + 30
    while NEW not in rows(store) or sum(rows(store)[NEW]) < rewritten:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    left = rows(store)
    assert OLD in left
    assert sum(left[OLD]) + sum(left[NEW]) == 2 * COUNT
    assert sum(left[OLD]) > 0
    ended = run_process("migrate", "--db", database_url)
    assert ended.code == 0, ended.err
    assert f"0 rows left in {OLD}; dropped from the record" in ended.out
    assert rows(store) == {NEW: (COUNT, COUNT)}
    assert (everything(store), store.head()) == (before, head)
