"""Servers in processes of their own, on one database, which are killed and started again."""

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from fixtures import prepared
from pressure.apis import VERSIONS, Version
from pressure.client import Client
from pressure.late_start import explain_silence

TESTS = str(Path(__file__).parents[1])
ENVIRONMENT = {**os.environ, "PYTHONPATH": TESTS, "PYTHONFAULTHANDLER": "1"}
# To compile every module at each start takes three times as long as the start itself: with many of
# them at once on a busy machine, minutes.
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)
APIS = "pressure.apis:register"
SECONDS = 60.0
START_SECONDS = 180.0
"""How long a server may take until it serves, on a machine that has much else to do."""

OWNER = "owner"
"""The object that others name as their owner, and that nobody deletes."""

AWAY = ("cannot reach", "does not serve", "broke at commit")
"""What a command says whose database is away."""

UNAVAILABLE = 3
"""The exit code of a command whose database is away."""


def is_away(code: int, said: str) -> bool:
    """Whether a command ended since its database was away, and may find it there later.

    Tables or versions that it does not know have the same exit code, and stay as they are.
    """
    return code == UNAVAILABLE and any(each in said for each in AWAY)


class NotServing(Exception):
    """A server does not come up: what clients see from then on says nothing about it."""


class ServerProcess:
    """A ``kconv serve``; what it says on standard error is in ``log``."""

    def __init__(
        self,
        database: str,
        log: Path,
        options: Sequence[str] = (),
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self.log = log
        self.database = database
        command = [sys.executable, "-m", "kconv", "serve", "--port", "0", "--db", database]
        command += ["--apis", APIS, "--runtime-config", "api/all=true", *options]
        with log.open("ab") as file:
            self.process = prepared.Popen(
                command, stdout=subprocess.PIPE, stderr=file, env=ENVIRONMENT, preexec_fn=prepare,
                text=True,
            )  # fmt: skip
        self.url = ""
        self.began = time.monotonic()
        self.took = 0.0
        """How long it took until it served."""

    def serves(self, seconds: float | None = None) -> bool:
        """Wait until it serves, or has ended.

        Raises `NotServing` where it does neither in time, and says why; the process is ended.
        """
        assert self.process.stdout is not None
        seconds = START_SECONDS if seconds is None else seconds
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            why = self.explain_silence()
            raise NotServing(f"a server does not serve {seconds:g} s after its start: {why}")
        line = self.process.stdout.readline()
        self.took = time.monotonic() - self.began
        self.url = line.removeprefix("serving on ").partition(";")[0].strip()
        return bool(line)

    def explain_silence(self) -> str:
        """Say why it does not serve or answer, and end it."""
        return explain_silence(self.process, self.database, self.log)

    @property
    def pid(self) -> int:
        return self.process.pid

    def end(self, number: int = signal.SIGTERM, seconds: float = SECONDS) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()

    def remove(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def resident(self) -> int:
        """Bytes of memory that the process has."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024


class Fleet:
    """Several servers on one database; those that are up take requests."""

    def __init__(
        self, database: str, folder: Path, count: int, options: Sequence[str] = ()
    ) -> None:
        self.database = database
        self.folder = folder
        self.options = options
        self.numbers = iter(range(1_000_000))
        self.lock = threading.Lock()
        self.up: list[ServerProcess] = []
        self.ended: list[ServerProcess] = []
        self.failed = ""
        """Why no server comes up any more."""
        self.slowest = 0.0
        """How many seconds the slowest start took."""
        self.owner = ""
        """The uid of `OWNER`."""
        starting = [self._spawn() for _ in range(count)]
        self.up = starting
        for server in starting:
            assert server.serves(), server.log.read_text()
            self.slowest = max(self.slowest, server.took)
        self.owner = self._make_owner()

    def _make_owner(self) -> str:
        version = VERSIONS[-1]
        body = {
            "apiVersion": version.api_version, "kind": version.kind,
            "metadata": {"name": OWNER}, "spec": {version.field: OWNER, "count": 0},
        }  # fmt: skip
        client = Client()
        answer = client.ask(self.up[0].url, "POST", version.path(), body)
        client.close()
        assert answer.status == 201, answer
        made: str = answer.body["metadata"]["uid"]
        return made

    def owned(self, version: Version) -> dict[str, str]:
        """A reference to the owner that names a version, and is rewritten with it."""
        named = {"apiVersion": version.api_version, "kind": version.kind}
        return {**named, "name": OWNER, "uid": self.owner}

    def _spawn(self) -> ServerProcess:
        log = self.folder / f"server-{next(self.numbers)}.log"
        return ServerProcess(self.database, log, self.options)

    def urls(self) -> list[str]:
        return [server.url for server in self.up]

    def pick(self, chance: random.Random) -> str:
        """The URL of one that is up; waits for one. Raises `NotServing`."""
        # Whoever starts one says first why it does not come up.
        deadline = time.monotonic() + 2 * START_SECONDS + SECONDS
        while not (urls := self.urls()):
            if self.failed or time.monotonic() > deadline:
                raise NotServing(self.failed or "no server is up")
            time.sleep(0.02)
        return chance.choice(urls)

    def end_one(self, chance: random.Random, number: int) -> ServerProcess:
        """End one; it takes no requests any more, and those in flight share its fate."""
        with self.lock:
            server = chance.choice(self.up)
            self.up = [each for each in self.up if each is not server]
            self.ended.append(server)
        code = server.end(number)
        wanted = -signal.SIGKILL if number == signal.SIGKILL else 0
        assert code == wanted, f"server ended with {code}: {server.log.read_text()}"
        return server

    def start_one(self) -> ServerProcess:
        """Start another one; one that ends since the database is away is started again.

        Raises `NotServing`, and has all others learn of it.
        """
        try:
            return self._start_one()
        except NotServing as error:
            self.failed = str(error)
            raise

    def _start_one(self) -> ServerProcess:
        deadline = time.monotonic() + START_SECONDS
        while True:
            server = self._spawn()
            with self.lock:
                self.ended.append(server)
            if server.serves():
                break
            code, said = server.process.wait(), server.log.read_text()
            if not is_away(code, said) or time.monotonic() > deadline:
                raise NotServing(f"a server ended with {code} at its start: {said}")
        with self.lock:
            self.ended.remove(server)
            self.slowest = max(self.slowest, server.took)
            self.up = [*self.up, server]
        return server

    def logs(self) -> str:
        return "".join(each.log.read_text() for each in (*self.ended, *self.up))

    def remove(self) -> None:
        for server in (*self.up, *self.ended):
            server.remove()


@contextlib.contextmanager
def fleet(database: str, folder: Path, count: int, options: Sequence[str] = ()) -> Iterator[Fleet]:
    """So many servers, all of them gone in the end."""
    started = Fleet(database, folder, count, options)
    try:
        yield started
    finally:
        started.remove()
