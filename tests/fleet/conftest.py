"""Servers in processes of their own, on one database."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures import prepared
from kconv._store import SqlStore, open_store
from kconv_migrations._tables import upgrade

TESTS = str(Path(__file__).parents[1])
SECONDS = 60


@dataclass
class Process:
    """A ``kconv serve``."""

    process: subprocess.Popen[str]
    url: str

    @property
    def pid(self) -> int:
        return self.process.pid

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Stop it; its exit code and what it said on standard error."""
        self.send(number)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        _, said = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, said


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    upgrade(database_url)
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def launch(database_url: str, store: SqlStore, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start a server of ``first`` or ``second`` of `fleet.apis`; its URL is empty if it ends."""
    started: list[subprocess.Popen[str]] = []

    def start(release: str) -> Process:
        command = [sys.executable, "-m", "kconv", "serve", "--port", "0"]
        process = prepared.Popen(
            [*command, "--db", database_url, "--apis", f"fleet.apis:{release}"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": TESTS},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        return Process(process, line.removeprefix("serving on ").partition(";")[0].strip())

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=SECONDS)
