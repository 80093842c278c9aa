"""Manifests, and how the tests run ``kconv``."""

import os
import pty
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures import prepared
from kconv._cli.run import run

CRONJOB = """\
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: nightly, namespace: reports}
spec:
  schedule: "30 2 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{name: report, image: registry.example.com/report:1.7}]
"""

CONVERTED = """\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: nightly
  namespace: reports
spec:
  concurrencyPolicy: Allow
  failedJobsHistoryLimit: 1
  jobTemplate:
    metadata: {}
    spec:
      template:
        metadata: {}
        spec:
          containers:
          - image: registry.example.com/report:1.7
            imagePullPolicy: IfNotPresent
            name: report
            resources: {}
            terminationMessagePath: /dev/termination-log
            terminationMessagePolicy: File
          dnsPolicy: ClusterFirst
          restartPolicy: OnFailure
          schedulerName: default-scheduler
          securityContext: {}
          terminationGracePeriodSeconds: 30
  schedule: 30 2 * * *
  successfulJobsHistoryLimit: 3
  suspend: false
status: {}
"""

AUTOSCALER = """\
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: reports}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 10
  targetCPUUtilizationPercentage: 80
"""

UNKNOWN = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: web}\n"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Kconv = Callable[..., Ended]


def in_process(capfd: pytest.CaptureFixture[str], *first: str) -> Kconv:
    """Runs commands in this process, which is quicker; ``first`` comes before what is given."""

    def call(*arguments: str) -> Ended:
        capfd.readouterr()
        code = run([*first, *arguments])
        sys.stdout.flush()
        return Ended(code, *capfd.readouterr())

    return call


def run_process(*arguments: str, folder: Path | None = None, stdin: str = "") -> Ended:
    """``kconv`` in a process of its own."""
    ended = prepared.run(
        [sys.executable, "-m", "kconv", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def on_terminal(*arguments: str, folder: Path | None = None, columns: int = 100) -> str:
    """What ``kconv`` writes on a terminal of its own; it must end well."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "kconv", *arguments]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": str(columns), "LINES": "30"}
    with prepared.Popen(
        command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        written = b""
        while part := _read(ours):
            written += part
        os.close(ours)
    assert process.returncode == 0, written
    return written.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""
