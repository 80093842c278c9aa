"""Attacks on a server with its default limits: others are answered, memory and log stay bounded."""

import resource
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kconv_migrations._tables import upgrade
from pressure.attacks import (
    CONFIGMAPS,
    Attack,
    attack,
    bombs,
    idle,
    large_bodies,
    manifest,
    retries,
    slow_bodies,
    slow_headers,
    watchers,
)
from pressure.client import Client
from pressure.probe import Probe, answers
from pressure.scenario import MINUTES
from pressure.servers import ServerProcess

SECONDS = 40.0 if MINUTES else 5.0
MIB = 1024 * 1024
LOG_LINES = 40
LOG_BYTES = 12_000
DESCRIPTORS = 256


@dataclass(frozen=True, slots=True)
class Case:
    """An attack: how many take part in the suite and in the long form, and what it may cost."""

    run: Callable[[Attack, int], None]
    short: int
    long: int
    grows: int = 100
    """MiB."""
    waits: float = 1.0
    """Seconds that all but one in twenty requests of others wait at most."""

    @property
    def count(self) -> int:
        return self.long if MINUTES else self.short


CASES = [
    Case(slow_headers, 300, 2000),
    Case(slow_bodies, 300, 2000),
    Case(watchers, 400, 2000, grows=200),
    Case(large_bodies, 10, 40, grows=250, waits=3),
    Case(bombs, 6, 40, grows=250, waits=3),
    Case(retries, 40, 40, grows=250, waits=3),
]


@pytest.fixture
def start(sqlite_url: str, tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    upgrade(sqlite_url)
    started: list[ServerProcess] = []

    def begin(descriptors: int = 8192) -> ServerProcess:
        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        server = ServerProcess(sqlite_url, tmp_path / "log", prepare=limit)
        started.append(server)
        assert server.serves(), server.log.read_text()
        return server

    yield begin
    for server in started:
        server.remove()


def many(url: str) -> None:
    """Store ConfigMaps of 20 kB, 20 MB in all."""
    client = Client()
    for number in range(1000):
        body = manifest(f"many-{number:04}", "x" * 20_000)
        assert client.ask(url, "POST", CONFIGMAPS, body).status == 201
    client.close()


@pytest.mark.parametrize("case", CASES, ids=[case.run.__name__ for case in CASES])
def test_others_are_answered(case: Case, start: Callable[..., ServerProcess]) -> None:
    server = start()
    if case.run is retries:
        many(server.url)
    probe = Probe(server.url)
    probe.start()
    time.sleep(0.5)
    before = server.resident()
    highest = before
    with attack(server.url) as begun:
        case.run(begun, case.count)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            highest = max(highest, server.resident())
            time.sleep(0.1)
        assert answers(server.url) == 200
        probe.stop()
    assert probe.faults == []
    assert probe.writes > 3
    assert probe.slow < case.waits, sorted(probe.waits)[-10:]
    assert highest - before < case.grows * MIB, (before // MIB, highest // MIB)
    assert 500 not in begun.statuses
    assert server.process.poll() is None
    is_readable(server.log)


def test_more_idle_connections_than_descriptors(start: Callable[..., ServerProcess]) -> None:
    server = start(DESCRIPTORS)
    probe = Probe(server.url)
    probe.start()
    with attack(server.url) as begun:
        idle(begun, 2 * DESCRIPTORS)
        time.sleep(SECONDS)
        probe.stop()
    assert probe.faults == []
    assert probe.writes > 20
    assert probe.slow < 0.5, sorted(probe.waits)[-10:]
    assert answers(server.url) == 200
    is_readable(server.log)
    assert server.end() == 0


def test_a_server_ends_in_time_whoever_does_not_read(start: Callable[..., ServerProcess]) -> None:
    server = start()
    with attack(server.url) as begun:
        watchers(begun, 100)
        slow_bodies(begun, 50)
        probe = Probe(server.url)
        probe.start()
        time.sleep(2)
        probe.stop()
        began = time.monotonic()
        assert server.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 15
    is_readable(server.log)


def is_readable(log: Path) -> None:
    """A person can read it: no more than a page, and no traceback."""
    text = log.read_text()
    assert "Traceback" not in text, text[:3000]
    assert len(text.splitlines()) <= LOG_LINES, text[:3000]
    assert len(text) <= LOG_BYTES, text[:3000]
