"""A server, an operator that converts for it, and migrations: processes that are killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from fixtures import prepared
from fixtures.certificates import signed_by_itself

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATIENCE = 90.0

MIGRATE = (
    "from kconv._cluster import preflight; preflight.SETTLE = {settle}; "
    "from kconv._cli import main; main()"
)
"""There is one API server, so what it knows need not reach others for ten seconds."""


def free_port() -> int:
    """A port that nobody has now, for a process that is started at it again."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


class Process:
    """One of the processes; a line of its log says that it is ready."""

    def __init__(
        self, name: str, folder: Path, command: Sequence[str], ready: str, **environment: str
    ) -> None:
        self.name, self.ready = name, ready
        self.log = folder / f"{name}.log"
        self._command = [sys.executable, *command]
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None
        self._begins = 0

    def start(self) -> None:
        """Start it, or start it again."""
        with self.log.open("ab") as file:
            self._begins = file.tell()
            self._process = prepared.Popen(
                self._command, cwd=EXAMPLES, stdout=file, stderr=file, env=self._environment
            )

    def said(self) -> str:
        """What it has said since it was started last."""
        return self.log.read_bytes()[self._begins :].decode(errors="replace")

    def wait_ready(self) -> None:
        """Wait until it is; what gave up meanwhile is started again, as pods are."""
        deadline = time.monotonic() + PATIENCE
        while self.ended is not None or self.ready not in self.said():
            assert time.monotonic() < deadline, f"{self.name}: {self.said()}"
            if self.ended is not None:
                self.start()
            time.sleep(0.05)

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def end(self) -> int:
        """End it as a person would; its exit code."""
        assert self._process is not None, "it was started"
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE)

    @property
    def ended(self) -> int | None:
        """The exit code of one that has ended by itself."""
        return None if self._process is None else self._process.poll()


class Cluster:
    """All of them, under addresses that stay."""

    def __init__(self, folder: Path, notes: str, settle: float) -> None:
        port, hook = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.hook = f"https://127.0.0.1:{hook}/convert"
        self.database = f"sqlite:///{folder / 'objects.db'}"
        self.certificate, key = signed_by_itself(folder)
        config = folder / "kubeconfig"
        config.write_text(json.dumps(_kubeconfig(self.url)))
        self.server = Process(
            "server", folder,
            ["-m", "kconv", "serve", "--crds", "--db", self.database, "--port", str(port)],
            "serving on ",
        )  # fmt: skip
        self.operator = Process(
            "operator", folder,
            ["-m", "kopf", "run", "--standalone", "--all-namespaces", "device_operator.py"],
            "converting at ",
            KUBECONFIG=str(config), WEBHOOK_PORT=str(hook),
            TLS_CERT_FILE=str(self.certificate), TLS_PRIVATE_KEY_FILE=str(key),
        )  # fmt: skip
        self.run = Process(
            "run", folder,
            ["-c", MIGRATE.format(settle=settle), "migrate", "devices.devices.example.com",
             "--place", "cluster", "--db", notes, "--batch-size", "5"],
            "",
            KUBECONFIG=str(config),
        )  # fmt: skip

    def close(self) -> None:
        """End all that runs."""
        for each in (self.run, self.operator, self.server):
            each.kill()


def _kubeconfig(url: str) -> dict[str, object]:
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {}}],
    }  # fmt: skip
