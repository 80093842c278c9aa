"""What a person sees of a run on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from migrate.samples import seed


def on_terminal(*arguments: str) -> str:
    """What ``kconv`` writes on a terminal of its own."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "kconv", *arguments]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        written = b""
        while part := read(ours):
            written += part
        os.close(ours)
    assert process.returncode == 0, written
    return written.decode()


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


def test_results_are_not_written_into_the_bar(
    store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    seed(store, pipeline, 30)
    written = on_terminal("migrate", "--to", "batch=v1", "--db", database_url, "--batch-size", "10")
    assert "60/60" in written
    assert "\x1b[2Kcronjobs.batch: 30 objects and 30 changes rewritten" in written
    lines = written.split("\x1b[2K")[-1].splitlines()
    assert not any("60/60" in line for line in lines)
