"""What the demo plays on: a temporary folder with a database, and a server process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from kconv._errors import Unavailable

START_SECONDS = 20.0
STOP_SECONDS = 5.0


class Stage:
    """Used as a context: whatever happens, no process and no file stays."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kconv-demo-"))
        self.db = f"sqlite:///{self.folder / 'demo.db'}"
        self.url = ""
        self._log = self.folder / "server.log"
        self._processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def serve(self) -> None:
        """Start a server and wait until it listens. Raises `Unavailable` with its log."""
        arguments = ["serve", "--port", "0", "--runtime-config", "batch/v2alpha1=true"]
        with self._log.open("w") as log:
            server = self.kconv(arguments, stderr=log.fileno())
        assert server.stdout is not None
        line = server.stdout.readline()
        if not line.startswith("serving on "):
            server.wait(START_SECONDS)
            raise Unavailable(f"the server did not start:\n{self._log.read_text()}")
        self.url = line.removeprefix("serving on ").partition(";")[0]

    def kconv(self, arguments: Sequence[str], stderr: int | None = None) -> subprocess.Popen[str]:
        """Start another ``kconv`` on the demo's database; its standard output is a pipe."""
        process = subprocess.Popen(
            [sys.executable, "-m", "kconv", *arguments, "--db", self.db],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            cwd=self.folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # Ctrl-C is for the demo, which then ends its processes
        )
        self._processes.append(process)
        return process

    def close(self) -> None:
        """End the processes and delete the folder; a second Ctrl-C does not stop that."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self._end()
        finally:
            signal.signal(signal.SIGINT, before)

    def _end(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self._processes.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
