"""Processes that are forked from one that has imported kconv are as those that start anew."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fixtures import prepared

SAYS = """
import json, os, sys
print(json.dumps([sys.argv, sys.stdin.read(), os.getcwd(), dict(os.environ), __name__]))
print(os.getsid(0) == os.getpid(), sorted(map(int, os.listdir("/proc/self/fd")))[:3])
print("told", file=sys.stderr)
sys.exit(7)
"""


@pytest.mark.parametrize("session", [False, True])
def test_it_is_given_what_a_new_one_is(tmp_path: Path, session: bool) -> None:
    def ended(run: Any) -> tuple[int, str, str]:
        done = run(
            [sys.executable, "-c", SAYS, "a", "b c"],
            input="typed",
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "ONLY": "this"},
            start_new_session=session,
        )
        return done.returncode, done.stdout, done.stderr

    assert ended(prepared.run) == ended(subprocess.run)


def test_a_command(tmp_path: Path) -> None:
    for arguments in (["versions", "-o", "json"], ["convert", "-f", "nothing.yaml"], ["no"]):
        found = [
            run(
                [sys.executable, "-m", "kconv", *arguments],
                capture_output=True, text=True, cwd=tmp_path,
            )
            for run in (prepared.run, subprocess.run)
        ]  # fmt: skip
        assert [(each.returncode, each.stdout, each.stderr) for each in found[:1]] == [
            (each.returncode, each.stdout, each.stderr) for each in found[1:]
        ]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_signals(number: signal.Signals) -> None:
    code = "import time; print('ready', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", code]
    with prepared.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        assert process.poll() is None
        process.send_signal(number)
    # Python itself says of an interruption that it was one.
    assert process.returncode == (-number)
