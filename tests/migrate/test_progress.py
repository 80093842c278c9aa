"""What a person sees of a run on a terminal."""

from __future__ import annotations

from cli.samples import on_terminal
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from migrate.samples import seed


def test_results_are_not_written_into_the_bar(
    store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    seed(store, pipeline, 30)
    written = on_terminal("migrate", "--to", "batch=v1", "--db", database_url, "--batch-size", "10")
    assert "60/60" in written
    assert "\x1b[2Kcronjobs.batch: 30 objects and 30 changes rewritten" in written
    lines = written.split("\x1b[2K")[-1].splitlines()
    assert not any("60/60" in line for line in lines)
