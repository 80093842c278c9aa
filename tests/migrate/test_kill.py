"""A run that is killed leaves every object whole, and the next run finishes it."""

import subprocess
import time
from collections.abc import Callable

import pytest

from cli.samples import run_process
from fixtures.killing import KILLS, kill_at_random
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from kconv_migrations._migration import Progress, Settings, migrate, plan, undo
from migrate.samples import NEW, OLD, everything, placed, rows, seed

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


def test_killed_at_random_many_times(
    store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    """Each kill comes at a random moment of a run in a forked child, half of them amid the rows.

    All that is compiled is so before the forks, or most would come before the first row.
    """
    stored = seed(store, pipeline, KILLED_COUNT)
    before, head, log = everything(store), store.head(), store.changes(0, limit=10_000)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    list(migrate(placed(store), pipeline, targets, Settings(dry_run=True)))
    store.close()
    kill_at_random(lambda tell: _run_slowly(store, pipeline, tell), seed=4)
    halfway = rows(store)
    assert sum(map(sum, halfway.values())) == 2 * KILLED_COUNT
    assert everything(store) == before
    ended = run_process("migrate", "cronjobs.batch", "--to", "batch=v1", "--db", database_url)
    assert ended.code == 0, ended.err
    assert rows(store) == {NEW: (KILLED_COUNT, KILLED_COUNT)}
    assert (everything(store), store.head()) == (before, head)
    to = GroupVersion.parse(NEW)
    want = [pipeline.convert(each.data, to) for each in stored]
    assert [each.data for each in store.list("batch", "cronjobs").items] == want
    assert [each.stored.data for each in store.changes(0, limit=10_000)] == [
        pipeline.convert(each.stored.data, to) for each in log
    ]
    runs = store.runs()
    assert {run.state for run in runs} == {"done", "interrupted"}
    kept = [run for run in runs if store.undo_size(run.id).rows]
    assert len(kept) > KILLS / 5, "most kills came before the first row or after the last"
    assert sum(store.undo_size(run.id).rows for run in kept) == KILLED_COUNT
    assert sum(undo(placed(store), run.id).restored for run in kept) == KILLED_COUNT
    assert store.list("batch", "cronjobs").items == stored


def _run_slowly(store: SqlStore, pipeline: Pipeline, tell: Callable[[], object]) -> None:
    """At a pace that leaves something for the next ones; it tells when it has written."""

    def progress(now: Progress) -> None:
        if now.done:
            tell()

    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    settings = Settings(batch_size=10, rate=1000)
    list(migrate(placed(store), pipeline, targets, settings, progress))
