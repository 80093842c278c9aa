"""``kconv migrate --place cluster``, as a command, and killed at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from cluster.api_server import ApiServer
from cluster.conftest import CRD, definition, fill, gadget, versions
from fixtures import prepared
from fixtures.long import LONG

ROUNDS, KILLS = (20, 3) if LONG else (1, 2)


def command(*arguments: str, notes: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "kconv",
        "migrate",
        *arguments,
        "--place",
        "cluster",
        "--db",
        notes,
    ]


def kconv(*arguments: str, notes: str) -> subprocess.CompletedProcess[str]:
    return prepared.run(
        command(*arguments, notes=notes), capture_output=True, text=True, timeout=60
    )


def test_the_whole_story(server: ApiServer, kubeconfig: Path, notes: str) -> None:
    fill(server, 5)
    server.create(CRD, "v1beta1", gadget("sick-1", width=1))
    planned = kconv("plan", CRD, "--context", "test", notes=notes)
    assert planned.returncode == 0, planned.stderr
    assert "rewritten" in planned.stdout
    # A cluster converts by itself, and its CRDs say what is stored.
    assert not {"live", "--servers", "--to"} & set(planned.stdout.replace("`", " ").split())
    done = kconv(CRD, "--rate", "1000", "-o", "json", notes=notes)
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)["resources"]
    assert (found["resource"], found["objects"]) == (CRD, 5)
    assert "conv/sick-1" in done.stderr
    listed = kconv("quarantine", notes=notes)
    assert "conv/sick-1" in listed.stdout
    server.delete(CRD, "conv", "sick-1")
    again = kconv(CRD, notes=notes)
    assert again.returncode == 0, again.stderr
    assert versions(server) == ["v1"]
    for arguments in (("verify",), ("status",), ("runs",), ("plan",)):
        said = kconv(*arguments, notes=notes)
        assert said.returncode == 0, said.stderr
        assert "--to" not in said.stdout + said.stderr
        if arguments == ("status",):
            assert "CRD says which version" in said.stdout
            assert "CODE" not in said.stdout
    refused = kconv(CRD, "--context", "other", notes=notes)
    assert (refused.returncode, "other" in refused.stderr) == (2, True)
    alone = [sys.executable, "-m", "kconv", "migrate", "--context", "test", "--db", notes]
    said = prepared.run(alone, capture_output=True, text=True, timeout=60)
    assert (said.returncode, "--place cluster" in said.stderr) == (2, True)


def test_killed_at_any_moment_under_writers(
    server: ApiServer, kubeconfig: Path, notes: str
) -> None:
    """Whatever happens, no version that an object is in leaves the CRD; and a last run ends it."""
    chosen = random.Random(17)
    over = threading.Event()
    server.delay = 0.002

    def write() -> None:
        number = 0
        while not over.wait(0.01):
            number += 1
            name = f"g-{chosen.randrange(60):03}"
            with server.lock:
                key = CRD, "conv", name
                if key in server.objects:
                    server.change(CRD, *key[1:], chosen.choice(["v1beta1", "v1"]), note=str(number))

    writer = threading.Thread(target=write)
    writer.start()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        for _ in range(ROUNDS):
            server.objects.clear()
            server.crds[CRD] = definition("v1beta1", ("v1beta1",))
            fill(server, 60)
            server.flip(CRD, "v1")
            for _ in range(KILLS):
                process = prepared.Popen(
                    command("--batch-size", "7", notes=notes),
                    env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
                time.sleep(chosen.uniform(0.6, 2.0))
                process.send_signal(signal.SIGKILL)
                process.wait()
                with server.lock:
                    assert {*server.stored_versions(CRD)} <= {*versions(server)}
            last = kconv(CRD, notes=notes)
            assert last.returncode == 0, last.stderr
            with server.lock:
                assert versions(server) == ["v1"]
                assert {*server.stored_versions(CRD)} == {"v1"}
                assert len(server.objects) == 60
    finally:
        over.set()
        writer.join()
