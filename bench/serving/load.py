"""Load by wrk, which takes less of the processor than the servers that it measures.

And a client in Python, for how long one waits for an answer before it asks again.
"""

import http.client
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

from bench.part import LeftOut

CONNECTIONS = 16
SECONDS = 1.5
ROUNDS = 3

_DONE = """
function done(summary, latency, requests)
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "median": %d}\\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50)))
end
"""

_REQUEST = """
local method, kind = %s, %s
local paths, bodies = %s, %s
local count = 0
local run = ""
function init(arguments) run = arguments[1] end
function request()
  count = count + 1
  local path = paths[(count - 1) %% #paths + 1]
  if #bodies == 0 then return wrk.format(method, path) end
  local body = bodies[(count - 1) %% #bodies + 1]:gsub("NAME", run .. "-" .. count)
  return wrk.format(method, path, {["Content-Type"] = kind}, body)
end
"""


class Load(NamedTuple):
    """What is asked: each request takes the next path and the next body.

    ``NAME`` in a body becomes a text that no other request of the bench has.
    """

    method: str
    paths: Sequence[str]
    bodies: Sequence[str] = ()
    kind: str = "application/json"

    @property
    def script(self) -> str:
        """As a script of wrk."""
        return _DONE + _REQUEST % (
            _lua(self.method),
            _lua(self.kind),
            _table(self.paths),
            _table(self.bodies),
        )


class Measured(NamedTuple):
    """What one run saw."""

    rate: float
    """Requests a second."""
    median: float
    """Seconds that half of the requests took at most."""
    processors: float
    """How many processors the client itself kept busy."""


_runs = itertools.count(1)


def load(
    url: str, asked: Load, connections: int = CONNECTIONS, seconds: float = SECONDS
) -> Measured:
    """Run wrk once. Every request must succeed."""
    program = shutil.which("wrk")
    if program is None:
        raise LeftOut("there is no wrk, the load generator; install it: apt-get install wrk")
    before = os.times()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(asked.script)
        script.flush()
        command = [program, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
        ended = subprocess.run(
            [*command, "--timeout", "60s", "-s", script.name, url, "--", f"run{next(_runs)}"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    after = os.times()
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["refused"] == told["broken"] == 0, ended.stdout
    passed = told["microseconds"] / 1e6
    used = after.children_user - before.children_user
    used += after.children_system - before.children_system
    return Measured(told["requests"] / passed, told["median"] / 1e6, used / passed)


def one_client(url: str, asked: Load, seconds: float = SECONDS) -> Measured:
    """Requests of a client in Python, one after the other. Every request must succeed.

    It is Python's own, over a connection that is kept: the client of scripts and controllers, which
    take their own time between two requests, as wrk does not.
    """
    address = urlsplit(url)
    paths = itertools.cycle(asked.paths)
    bodies = itertools.cycle([body.encode() for body in asked.bodies] or [None])
    headers = {"Content-Type": asked.kind} if asked.bodies else {}
    waits = []
    before, began = os.times(), time.perf_counter()
    with closing(
        http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    ) as connection:
        now = began
        while now < began + seconds:
            connection.request(asked.method, next(paths), next(bodies), headers)
            response = connection.getresponse()
            said = response.read()
            assert response.status < 300, said
            last, now = now, time.perf_counter()
            waits.append(now - last)
    after, passed = os.times(), now - began
    used = after.user - before.user + after.system - before.system
    return Measured(len(waits) / passed, median(waits), used / passed)


def in_turns(*works: Callable[[], Measured], rounds: int = ROUNDS) -> list[Measured]:
    """The fastest run of each; the runs are interleaved, so that noise meets all of them alike."""
    runs: list[list[Measured]] = [[] for _ in works]
    for _ in range(rounds):
        for index, work in enumerate(works):
            runs[index].append(work())
    return [max(each) for each in runs]


def _lua(text: str) -> str:
    assert "]==]" not in text
    return f"[==[{text}]==]"


def _table(texts: Sequence[str]) -> str:
    return "{" + ",".join(map(_lua, texts)) + "}"
