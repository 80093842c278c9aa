"""Two runs at once."""

import subprocess
from collections.abc import Callable

from kconv.pipeline import Pipeline
from kconv.store import SqlStore
from migrate.samples import NEW, everything, rows, seed


def test_two_runs_at_once_do_no_harm(
    store: SqlStore,
    pipeline: Pipeline,
    database_url: str,
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    seed(store, pipeline, 100)
    before = everything(store)
    arguments = ("migrate", "--to", "batch=v1", "--db", database_url, "--batch-size", "3")
    for process in [start(*arguments), start(*arguments)]:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, ""), out
    assert rows(store) == {NEW: (100, 100)}
    assert everything(store) == before
