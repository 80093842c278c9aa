"""Worker processes: answers in order, errors where the span came from, and none left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kconv._cli import migrate_workers
from kconv._cli.migrate_workers import executor_for
from kconv._errors import Unavailable, UsageError
from kconv._gvk import GroupResource
from kconv._pipeline import Pipeline
from kconv._store import SqlStore, Stored
from kconv_migrations._executors import workers as workers_module
from kconv_migrations._executors.jobs import Job, Task
from kconv_migrations._executors.process import Process, WorkerEnded, may_copy
from kconv_migrations._executors.spans import Span
from kconv_migrations._executors.workers import MOST, InProcess, Workers, default_workers
from kconv_migrations._migration.pages import spans_of, through
from migrate.samples import NEW, OLD, encoded, insert, seed

RESOURCE = GroupResource("batch", "cronjobs")

Make = Callable[..., Workers]


@pytest.fixture(params=["copies", "afresh"])
def make(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    store: SqlStore,
    pipeline: Pipeline,
) -> Make:
    """What makes so many workers of either kind."""
    copies = request.param == "copies"
    monkeypatch.setattr(workers_module, "may_copy", lambda: copies)

    def made(count: int, *apis: str) -> Workers:
        return Workers(count + 1, store, pipeline, {"batch"}, apis, [RESOURCE])

    return made


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Process]:
    """The workers that are started from now on."""
    found: list[Process] = []
    original = Process.__init__

    def noted(self: Process, *arguments: Any) -> None:
        original(self, *arguments)
        found.append(self)

    monkeypatch.setattr(Process, "__init__", noted)
    return found


@pytest.fixture
def seeded(store: SqlStore, pipeline: Pipeline) -> list[Stored]:
    """Sixty objects, in order."""
    return seed(store, pipeline, 60)


def job(task: Task = "rewrite") -> Job:
    return Job(task, RESOURCE, NEW)


def everything(task: Task = "rewrite", limit: int = 10_000) -> Span:
    return Span(job(task), "objects", NEW, limit)


def test_answers_come_in_order(
    make: Make, store: SqlStore, pipeline: Pipeline, seeded: list[Stored]
) -> None:
    spans = list(spans_of(store, job(), "objects", 7, NEW))
    assert len(spans) == 9
    with make(2) as hands:
        answers = list(through(hands, spans))
    found = [row for answer in answers for row in answer.rows(RESOURCE)]
    assert [(row.key, row.resource_version) for row in found] == [
        (each.key, each.resource_version) for each in seeded
    ]
    made = [data for answer in answers for data in answer.done.data]
    assert made == [encoded(pipeline, each.key.name, NEW) for each in seeded]


def test_a_worker_reads_by_connections_of_its_own(
    make: Make, store: SqlStore, seeded: list[Stored]
) -> None:
    assert store.get(seeded[0].key) == seeded[0]
    with make(2) as hands:
        asked = [hands.submit(everything()) for _ in range(8)]
        for _ in range(20):
            assert store.get(seeded[0].key) == seeded[0]
        assert [len(each.result().places) for each in asked] == [60] * 8
    assert store.get(seeded[-1].key) == seeded[-1]


def test_what_cannot_be_loaded_is_raised_by_the_span(
    store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "may_copy", lambda: False)
    with Workers(2, store, pipeline, {"batch"}, ["nowhere:register"]) as hands:
        asked = hands.submit(everything())
        with pytest.raises(UsageError, match="nowhere"):
            asked.result()


def test_a_worker_that_ends_says_so(
    make: Make, started: list[Process], seeded: list[Stored]
) -> None:
    with make(1) as hands:
        hands.submit(everything()).result()
        started[0].kill()
        with pytest.raises(WorkerEnded, match=r"ended with -9.*--workers 1"):
            hands.submit(everything()).result()


def test_what_is_larger_than_a_pipe_does_not_stop_both_sides(
    make: Make, store: SqlStore, pipeline: Pipeline, seeded: list[Stored], database_url: str
) -> None:
    template = encoded(pipeline, "NAME", suspend=True)
    insert(database_url, [(f"more-{n:05}", template) for n in range(2500)])
    mark = seeded[0].key.namespace, seeded[0].key.name
    skip = frozenset((mark, number) for number in range(10**6, 10**6 + 300_000))
    with make(1) as hands:
        asked = [hands.submit(replace(everything(), skip=skip)) for _ in range(4)]
        assert [len(each.result().places) for each in asked] == [2560] * 4


def test_closing_ends_every_span_and_process(
    make: Make, started: list[Process], database_url: str, store: SqlStore, pipeline: Pipeline
) -> None:
    store.prefer("batch", "cronjobs", OLD)
    template = encoded(pipeline, "NAME")
    insert(database_url, [(name, template) for name in (f"cron-{n:05}" for n in range(3000))])
    with make(2) as hands:
        asked = [hands.submit(everything("rehearse")) for _ in range(30)]
        assert len(asked[0].result().places) == 3000
    assert len(started) == 2
    assert all(each.code is not None for each in started)
    with pytest.raises(WorkerEnded, match="closed"):
        asked[-1].result()
    hands.close()
    with pytest.raises(UsageError, match="closed"):
        hands.submit(everything())


def test_closing_does_not_wait_for_what_a_worker_started(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    store: SqlStore,
    pipeline: Pipeline,
    seeded: list[Stored],
) -> None:
    monkeypatch.setattr(workers_module, "may_copy", lambda: False)
    mark = tmp_path / "started"
    (tmp_path / "lingering.py").write_text(
        "import os, pathlib, time\n"
        "def register(scheme):\n"
        "    if not os.fork():\n"
        "        time.sleep(60)\n"
        "        os._exit(0)\n"
        f"    pathlib.Path({str(mark)!r}).touch()\n"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with Workers(2, store, pipeline, {"batch"}, ["lingering:register"]) as hands:
        hands.submit(everything()).result()
        assert mark.exists()
        hands.submit(everything())
        began = time.monotonic()
    assert time.monotonic() - began < 20


def test_what_was_started_is_ended_where_no_more_can_be(
    make: Make, started: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner, name in ((os, "fork"), (subprocess, "Popen")):
        original = getattr(owner, name)

        def once(*arguments: Any, original: Any = original, **named: Any) -> Any:
            if started:
                raise BlockingIOError(11, "Resource temporarily unavailable")
            return original(*arguments, **named)

        monkeypatch.setattr(owner, name, once)
    with pytest.raises(Unavailable, match=r"temporarily unavailable.*fewer --workers"):
        make(3)
    assert [each.code for each in started] == [-9]


_ORPHANS = """
import os, sys, time
from kconv._pipeline import Pipeline
from kconv._scheme import load_scheme
from kconv._store import open_store
from kconv_migrations._executors.process import may_copy
from kconv_migrations._executors import workers

store = open_store(sys.argv[1])
scheme = load_scheme({"batch"})
print("to standard output, before", end="")
if sys.argv[2] == "afresh":
    workers.may_copy = lambda: False
made = workers.Workers(4, store, Pipeline(scheme), {"batch"})
print("", may_copy(), *(each.pid for each in made._processes), flush=True)
time.sleep(60)
"""


@pytest.fixture
def orphans(store: SqlStore, database_url: str) -> Iterator[Callable[[str], list[int]]]:
    """Starts a process that has workers, kills it, and says which they were."""
    running: list[subprocess.Popen[str]] = []

    def start(way: str) -> list[int]:
        command = [sys.executable, "-c", _ORPHANS, database_url, way]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert running[-1].stdout is not None
        words = running[-1].stdout.readline().split()
        # What was not written yet when they were copied is written once.
        assert words[:5] == ["to", "standard", "output,", "before", "True"]
        running[-1].kill()
        running[-1].communicate()
        return [int(word) for word in words[5:]]

    yield start
    for each in running:
        each.kill()


@pytest.mark.parametrize("way", ["copies", "afresh"])
def test_workers_end_when_the_process_that_has_them_is_killed(
    orphans: Callable[[str], list[int]], way: str
) -> None:
    left = orphans(way)
    assert len(left) == 3
    deadline = time.monotonic() + 30
    while left:
        assert time.monotonic() < deadline, f"workers go on: {left}"
        left = [pid for pid in left if Path(f"/proc/{pid}/stat").exists() and _runs(pid)]
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_with_threads_is_not_copied() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert not may_copy()
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(("few", "processes"), [(10**9, 0), (1, 1)])
def test_few_rows_are_converted_by_this_process(
    store: SqlStore,
    pipeline: Pipeline,
    started: list[Process],
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    processes: int,
) -> None:
    seed(store, pipeline, 3)
    monkeypatch.setattr(migrate_workers, "FEW", few)
    monkeypatch.setattr("kconv_migrations._migration.default_workers", lambda: 2)
    with executor_for(store, pipeline, None, None) as hands:
        assert isinstance(hands, Workers if processes else InProcess)
        assert len(started) == processes
    with executor_for(store, pipeline, 1, None) as hands:
        assert isinstance(hands, InProcess)
    with executor_for(store, pipeline, 3, None):
        assert len(started) == processes + 2


def test_many_processors_are_not_all_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert default_workers() == MOST
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {7}, raising=False)
    assert default_workers() == 1
