"""What an object was is on disk before it is written; what it is then is noted behind it."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from cluster.api_server import ApiServer, Failed, Request
from cluster.conftest import Open, fill, patches, run, versions
from kconv._cluster.proof import digest_of_mark
from kconv._cluster.threads import CONNECTIONS, Threads
from kconv._cluster.walk import Chunks
from kconv._errors import Conflict, Unavailable
from kconv_migrations._migration import undo

IMAGES = "SELECT name, written_digest FROM kconv_undo"


def images(notes: str) -> dict[str, bytes]:
    with closing(sqlite3.connect(notes.removeprefix("sqlite:///"))) as reader:
        return dict(reader.execute(IMAGES).fetchall())


@pytest.mark.parametrize("batch", [7, 1000])
def test_no_object_is_written_before_its_image_is_on_disk(
    server: ApiServer, opened: Open, notes: str, batch: int
) -> None:
    fill(server, 90)
    without: list[str] = []
    behind: list[int] = []

    def look(request: Request) -> None:
        if request.method != "PATCH" or "/gadgets/" not in request.path:
            return
        name = request.path.partition("?")[0].rpartition("/")[2]
        kept = images(notes)
        if f'["conv","{name}"]' not in kept:
            without.append(name)
        behind.append(sum(digest[0] >> 7 for digest in kept.values()))

    server.faults.append(look)
    outcome = run(opened(), batch_size=batch)
    assert outcome.done, outcome.failures
    assert len(patches(server)) == 90
    assert without == []
    assert max(behind) <= 2 * batch, "what was written is noted with the next batch"
    marks = {
        f'["conv","{name}"]': digest_of_mark(found.number)
        for (_, _, name), found in server.objects.items()
    }
    assert images(notes) == marks
    server.faults.clear()
    assert undo(opened(), outcome.run).restored == 90


def test_nothing_more_is_written_once_the_server_is_away_for_good(
    server: ApiServer, opened: Open, notes: str
) -> None:
    """Each of the others would be waited for, as long as for the first."""
    fill(server, 60)
    tried: set[str] = set()

    def away(request: Request) -> None:
        if request.method == "PATCH" and "/gadgets/" in request.path:
            tried.add(request.path)
            if len(tried) > 20:
                raise Failed(503, "away")

    server.faults.append(away)
    began = time.monotonic()
    with pytest.raises(Unavailable):
        run(opened())
    assert time.monotonic() - began < 10
    assert 20 < len(tried) <= 20 + 2 * CONNECTIONS
    server.faults.clear()
    # What became of those that were written is noted, and what was not has no image.
    kept = images(notes)
    assert all(digest[0] < 0x80 for digest in kept.values())
    assert len(kept) == 20
    assert run(opened()).done
    assert versions(server) == ["v1"]


def test_a_run_that_is_lost_writes_nothing_behind_its_back(server: ApiServer, opened: Open) -> None:
    """Its lease goes while the first objects are written: others than theirs are not."""
    fill(server, 120)
    place = opened()
    taken: list[str] = []

    def take(request: Request) -> None:
        if request.method == "PATCH" and "/gadgets/" in request.path and not taken:
            (held,) = place.runs()
            taken.append(held.id)
            place.books.end_run(held.id, "interrupted")

    server.faults.append(take)
    with pytest.raises(Conflict):
        run(place)
    found = len(patches(server))
    assert found <= 64
    time.sleep(0.2)
    assert len(patches(server)) == found
    assert versions(server) == ["v1beta1", "v1"]


def test_streams_take_items_as_they_come_and_leave_when_told() -> None:
    threads = Threads()
    gate = threading.Event()

    def call(item: int) -> int:
        gate.wait(5)
        if item == 13:
            raise ValueError(item)
        return 2 * item

    try:
        stream = threads.stream(call)
        stream.put([1, 2])
        stream.put([3])
        gate.set()
        assert stream.end() == [2, 4, 6]
        assert threads.side_by_side(call, range(10)) == list(range(0, 20, 2))
        gate.clear()
        stream = threads.stream(call)
        stream.put(range(1000))
        stream.stop()
        gate.set()
        found = stream.end()
        assert sum(each is not None for each in found) <= CONNECTIONS
        with pytest.raises(ValueError, match="13"):
            threads.side_by_side(call, [1, 13, 2])
    finally:
        threads.close()


def test_who_writes_has_the_interpreter_while_others_are_made_ready() -> None:
    """However long Python lets a thread keep it."""

    def walk() -> Iterator[int]:
        for at in range(100):
            until = time.perf_counter() + 0.003
            while time.perf_counter() < until:
                pass
            yield at

    usual, turns = sys.getswitchinterval(), 0
    sys.setswitchinterval(10)
    try:
        with ThreadPoolExecutor(1) as executor:
            chunks = Chunks(walk(), executor.submit)
            assert chunks.take(50) == list(range(50))
            while chunks._next is not None and not chunks._next.done():
                time.sleep(0.001)
                turns += 1
            assert chunks.take(50) == list(range(50, 100))
    finally:
        sys.setswitchinterval(usual)
    assert turns > 10
