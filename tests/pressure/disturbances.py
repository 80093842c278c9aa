"""What goes wrong meanwhile: servers and the database killed, migrations to and fro."""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from fixtures import prepared
from fixtures.postgres import PostgresServer
from pressure.apis import GROUP
from pressure.history import History
from pressure.servers import APIS, ENVIRONMENT, Fleet

MIGRATION_SECONDS = 300.0
"""How long a run may take, which keeps out of the way of writers on a busy machine."""


class Disturbance(threading.Thread):
    """Does one thing after the other, with pauses, until it is told to stop."""

    def __init__(self, name: str, history: History, seed: int, pause: float) -> None:
        super().__init__(name=name, daemon=True)
        self.history = history
        self.chance = random.Random(f"{seed}-{name}")
        self.pause = pause
        self.ending = threading.Event()
        self.count = 0

    def run(self) -> None:
        try:
            while not self.ending.wait(self.pause * self.chance.uniform(0.5, 1.5)):
                self.disturb()
                self.count += 1
        except Exception as error:  # noqa: BLE001 - the verdict says it
            self.history.find(f"{self.name} failed: {type(error).__name__}: {error}")

    def disturb(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        self.ending.set()
        self.join(MIGRATION_SECONDS + 60)
        if self.is_alive():
            self.history.find(f"{self.name} is stuck")


class ServerKills(Disturbance):
    """Ends a server, softly or not, and starts another."""

    def __init__(
        self,
        fleet: Fleet,
        history: History,
        seed: int,
        pause: float,
        signals: Sequence[signal.Signals] = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM),
    ) -> None:
        super().__init__("server-kills", history, seed, pause)
        self.fleet = fleet
        self.signals = signals

    def disturb(self) -> None:
        number = self.chance.choice(self.signals)
        ended = self.fleet.end_one(self.chance, number)
        self.history.disturb(f"{ended.url} got {number.name}")
        started = self.fleet.start_one()
        self.history.disturb(f"{started.url} serves")


class DatabaseRestarts(Disturbance):
    """Ends PostgreSQL as in a crash and starts it again."""

    def __init__(self, server: PostgresServer, history: History, seed: int, pause: float) -> None:
        super().__init__("database-restarts", history, seed, pause)
        self.server = server

    def disturb(self) -> None:
        self.history.disturb("PostgreSQL stops at once")
        self.server.stop(immediate=True)
        time.sleep(self.chance.uniform(0, 0.5))
        self.server.start()
        self.history.disturb("PostgreSQL serves")


class Migrations(Disturbance):
    """Migrates from version to version; some runs are killed, and some undone."""

    def __init__(
        self, database: str, history: History, seed: int, pause: float, *, outages: bool
    ) -> None:
        super().__init__("migrations", history, seed, pause)
        self.database = database
        self.outages = outages
        self.killed = 0
        self.finished = 0
        self.undone = 0
        self.slowest = 0.0
        """How many seconds the command took that took longest."""

    def disturb(self) -> None:
        to = self.chance.choice(("v1", "v1beta1", "v1alpha1"))
        options = self.chance.choice(([], ["--batch-size", "5"], ["--workers", "2"]))
        started = self.kconv("migrate", "--to", f"{GROUP}={to}", "--rewrite-references", *options)
        if self.chance.random() < 0.4:
            time.sleep(self.chance.uniform(0.2, 1.2))
            started.kill()
            started.communicate()
            self.killed += 1
            self.history.disturb(f"the migration to {to} was killed")
            return
        if (
            self.finish(started, f"the migration to {to}") is not None
            and self.chance.random() < 0.4
        ):
            self.undo()

    def undo(self) -> None:
        listing = self.kconv("migrate", "runs", "-o", "json")
        if (told := self.finish(listing, "the list of runs")) is None:
            return
        runs = [run for run in json.loads(told)["runs"] if run["beforeImages"]]
        if runs:
            undo = self.kconv("migrate", "undo", runs[0]["id"])
            # 1: objects that were written since are left as they are.
            if self.finish(undo, f"undo of {runs[0]['id']}", fine=(0, 1)) is not None:
                self.undone += 1

    def kconv(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command on the database."""
        command = [sys.executable, "-m", "kconv", *arguments, "--db", self.database]
        if arguments[:2] != ("migrate", "runs"):
            command += ["--apis", APIS]
        return prepared.Popen(
            command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def finish(
        self, process: "subprocess.Popen[str]", what: str, fine: tuple[int, ...] = (0,)
    ) -> str | None:
        """What it printed; None where it failed, as it may while the database is away."""
        began = time.monotonic()
        try:
            said, error = process.communicate(timeout=MIGRATION_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            said, error = process.communicate()
            self.history.find(f"{what} did not end: {said} {error}")
            return None
        seconds = time.monotonic() - began
        self.slowest = max(self.slowest, seconds)
        self.history.disturb(f"{what} ended with {process.returncode} after {seconds:.1f} s")
        if process.returncode in fine:
            self.finished += 1
            return said
        if not (self.outages and process.returncode == 3 and "database" in error):
            self.history.find(f"{what} ended with {process.returncode}: {said} {error}")
        return None
