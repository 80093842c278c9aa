"""Ctrl-C in mid-run: a word about what stays, and the next run goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from migrate.samples import NEW, OLD, rows, seed


@pytest.mark.parametrize("typer", [False, True])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_that_is_interrupted(
    start: Callable[..., subprocess.Popen[str]],
    kconv: Callable[..., object],
    store: SqlStore,
    pipeline: Pipeline,
    database_url: str,
    workers: str,
    typer: bool,
) -> None:
    seed(store, pipeline, 12)
    # Typer reads what is written with an equals sign.
    database = [f"--db={database_url}"] if typer else ["--db", database_url]
    options = [*database, "--workers", workers, "--batch-size", "2", "--rate", "1"]
    process = start("migrate", "--to", "batch=v1", *options)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("cronjobs.batch: ")
    deadline = time.monotonic() + 30
    while NEW not in rows(store):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    (said,) = err.splitlines()[-1:]
    assert said.startswith("interrupted: what is rewritten stays; `kconv migrate --db ")
    assert said.endswith("` goes on from here")
    assert "\ninterrupted\n" not in err
    assert rows(store).keys() == {OLD, NEW}
    kconv("migrate")
    assert rows(store) == {NEW: (12, 12)}


def test_a_run_that_was_started_with_sigint_ignored_goes_on(
    store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    """As in a script's background, where Ctrl-C is for what is in the foreground."""
    seed(store, pipeline, 6)
    command = [sys.executable, "-m", "kconv", "migrate", "--to", "batch=v1", "--db", database_url]
    options = ["--workers", "2", "--batch-size", "2", "--rate", "8"]
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command, *options]
    with subprocess.Popen(ignoring, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 30
        while NEW not in rows(store):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert rows(store) == {NEW: (6, 6)}
