"""Objects that are written again and again: disk, memory and change log do not grow with time."""

import re
import time
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest

from fixtures.long import LONG
from kconv_migrations._tables import upgrade
from pressure.history import History
from pressure.scenario import MINUTES, SEED
from pressure.servers import Fleet, fleet
from pressure.writers import Reader, Worker, Writer

SECONDS = MINUTES * 60 or 21.0
ROWS = 100
MIB = 1024 * 1024
ENTRIES = re.compile(r"^kconv_change_log_entries (\S+)$", re.MULTILINE)


class Size(NamedTuple):
    """What a server and its database take."""

    entries: float
    disk: int
    memory: int


@pytest.mark.skipif(not (LONG or MINUTES), reason="KCONV_TEST_LONG is not set")
def test_nothing_grows_with_time(sqlite_url: str, tmp_path: Path) -> None:
    upgrade(sqlite_url)
    history = History()
    options = ["--keep-changes", "10m", "--keep-changes-rows", str(ROWS)]
    with fleet(sqlite_url, tmp_path, 1, options) as servers:
        workers: list[Worker] = [
            Writer(f"writer-{at}", servers, history, SEED, objects=50) for at in range(4)
        ]
        workers.append(Reader("reader", servers, history, SEED, objects=50))
        for each in workers:
            each.start()
        sizes: list[Size] = []
        began = shown = time.monotonic()
        while time.monotonic() < began + SECONDS and not wrong(history):
            sizes.append(size(servers, tmp_path))
            if time.monotonic() >= shown:
                minute, shown = (shown - began) / 60, shown + 60
                print(f"minute {minute:.0f}: {len(history.attempts)} writes, {sizes[-1]}")  # noqa: T201 - as below
            time.sleep(0.25)
            # A long run must not be told from a leak by what the test itself keeps.
            del history.reads[:-100]
        for each in workers:
            each.stop()
    for tenth in range(11):
        at = tenth * (len(sizes) - 1) // 10
        print(f"{tenth}/10: {sizes[at]}")  # noqa: T201 - what it came to, for who reads the long form
    assert wrong(history) == []
    written = sorted(each.ended for each in history.attempts if each.outcome == "done")
    assert len(written) > 3 * ROWS, "too few writes to tell"
    third = len(sizes) // 3
    early, late = sizes[third : 2 * third], sizes[2 * third :]
    assert max(each.entries for each in late) < ROWS + most_within(8.0, written), sizes
    assert highest(late, "disk") < 1.2 * highest(early, "disk") + MIB, sizes
    assert highest(late, "memory") < 1.1 * highest(early, "memory") + 8 * MIB, sizes


def wrong(history: History) -> list[str]:
    """What was found; a list whose next page comes too late for so short a log is no finding."""
    return [str(each) for each in history.findings if "a read failed: 410 " not in str(each)]


def most_within(seconds: float, moments: list[float]) -> int:
    """How many of the moments, in their order, are within so many seconds of each other at most.

    An average says little of a machine that has other work to do at one time than at another.
    """
    most = first = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] > seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def highest(sizes: list[Size], what: str) -> int:
    found: list[int] = [getattr(each, what) for each in sizes]
    return max(found)


def size(servers: Fleet, folder: Path) -> Size:
    (server,) = servers.up
    with urlopen(f"{server.url}/metrics", timeout=60) as answer:
        found = ENTRIES.search(answer.read().decode())
    assert found is not None
    disk = sum(each.stat().st_size for each in folder.glob("kconv.db*"))
    return Size(float(found[1]), disk, server.resident())
