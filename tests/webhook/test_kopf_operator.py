"""The operator of examples/device_operator.py: its handlers and its conversions, on one loop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PATIENCE = 90.0


@contextmanager
def running(log: Path, *command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=EXAMPLES, stdout=file, stderr=file, env={**os.environ, **environment},
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def found(log: Path, said: str, process: subprocess.Popen[bytes]) -> str:
    """The rest of the line that says so, once there is one."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            if said in line:
                return line.partition(said)[2].split(";")[0].strip()
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def device(name: str) -> dict[str, object]:
    return {
        "apiVersion": "devices.example.com/v1beta1",
        "kind": "Device",
        "metadata": {"name": name},
        "spec": {"host": "a.b", "mode": "off", "source": {"stream": {"url": "rtsp://x"}}},
    }


def test_it_handles_and_converts(tmp_path: Path) -> None:
    serving, operating, config = (tmp_path / name for name in ("serving", "operating", "config"))
    db = ("--db", f"sqlite:///{tmp_path / 'devices.db'}", "--port", "0")
    with running(serving, "kconv", "serve", "--apis", "devices:register", *db) as server:
        url = found(serving, "serving on ", server)
        cluster = {"name": "c", "cluster": {"server": url}}
        context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
        kubeconfig = {"clusters": [cluster], "contexts": [context], "current-context": "c"}
        config.write_text(json.dumps({**kubeconfig, "users": [{"name": "u", "user": {}}]}))
        arguments = ("kopf", "run", "--standalone", "--all-namespaces", "device_operator.py")
        port = str(free_port())
        with running(operating, *arguments, KUBECONFIG=str(config), WEBHOOK_PORT=port) as operator:
            hook = found(operating, "converting at ", operator)
            review = {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "ConversionReview",
                "request": {
                    "uid": "u",
                    "desiredAPIVersion": "devices.example.com/v2",
                    "objects": [device("a")],
                },
            }
            (converted,) = httpx.post(hook, json=review).json()["response"]["convertedObjects"]
            assert converted["spec"]["power"] == "Off", "which v1beta1 calls its mode"
            place = f"{url}/apis/devices.example.com/%s/namespaces/default/devices"
            assert httpx.post(place % "v1beta1", json=device("a")).status_code == 201
            deadline = time.monotonic() + PATIENCE
            annotations: dict[str, str] = {}
            while "devices.example.com/power" not in annotations and time.monotonic() < deadline:
                time.sleep(0.1)
                made = httpx.get(f"{place % 'v2'}/a").json()
                annotations = made["metadata"].get("annotations", {})
            assert annotations.get("devices.example.com/power") == "Off", operating.read_text()
            operator.send_signal(signal.SIGTERM)
            assert operator.wait(PATIENCE) == 0, operating.read_text()
            assert "Traceback" not in operating.read_text()
