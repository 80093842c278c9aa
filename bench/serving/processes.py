"""Servers in processes of their own: ``kconv serve``, and the bare app that sends the same."""

import http.client
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bench.figure import INSTALLED

SERVER = "serving on "
WEBHOOK = "converting at "
"""How the first lines of servers begin, before their addresses."""


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    body: bytes


class Served:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.pid = process.pid
        self.url = url

    def ask(
        self, method: str, path: str, body: bytes | None = None, kind: str = "application/json"
    ) -> Answer:
        """Make one request over a connection of its own; it must succeed."""
        address = urlsplit(self.url)
        with closing(
            http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        ) as connection:
            connection.request(method, path, body, {"Content-Type": kind})
            response = connection.getresponse()
            answer = Answer(response.status, response.read())
        assert answer.status < 300, answer
        return answer

    @property
    def resident(self) -> int:
        """Bytes of memory that the process has, with those of its children."""
        return sum(_resident(pid) for pid in (self.pid, *_children(self.pid)))


@contextmanager
def kconv(url: str, *options: str) -> Iterator[Served]:
    """A ``kconv serve`` on a database."""
    program = str(Path(sys.executable).with_name("kconv"))
    with _running([program, "serve", "--port", "0", "--db", url, *options]) as served:
        yield served


@contextmanager
def webhook(*options: str) -> Iterator[Served]:
    """A ``kconv webhook serve``."""
    program = str(Path(sys.executable).with_name("kconv"))
    with _running([program, "webhook", "serve", "--port", "0", *options], WEBHOOK) as served:
        yield served


@contextmanager
def bare(answers: Mapping[str, Answer]) -> Iterator[Served]:
    """A bare ASGI app that gives these answers, by method."""
    with tempfile.TemporaryDirectory(prefix="kconv-bench-") as name:
        for method, answer in answers.items():
            (Path(name) / method).write_bytes(answer.body)
            (Path(name) / f"{method}.status").write_text(str(answer.status))
        with _running([sys.executable, "-m", "bench.bare_app", name]) as served:
            yield served


@contextmanager
def least_patch(url: str, name: str) -> Iterator[Served]:
    """The least that could answer PATCHes of an object in a database."""
    with _running([sys.executable, "-m", "bench.least_patch", url, name]) as served:
        yield served


@contextmanager
def _running(command: list[str], says: str = SERVER) -> Iterator[Served]:
    """A server process; its first line of output says where it listens."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=INSTALLED
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(says), f"{command} did not start"
        yield Served(process, line.removeprefix(says).partition(";")[0].strip())
    finally:
        process.terminate()
        process.communicate()


def has_option(option: str) -> bool:
    """Whether ``kconv serve`` has an option."""
    program = str(Path(sys.executable).with_name("kconv"))
    environment = {**INSTALLED, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    shown = subprocess.run(
        [program, "serve", "--help"], capture_output=True, text=True, env=environment, check=True
    )
    return option in shown.stdout


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found


def _resident(pid: int) -> int:
    status: Any = Path(f"/proc/{pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024
