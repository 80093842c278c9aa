"""Worker processes: results in order, errors where the span came from, and none left behind."""

from __future__ import annotations

import multiprocessing.util
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from fixtures import prepared
from kconv._errors import Unavailable, UsageError
from kconv._pipeline import Pipeline
from kconv._store import SqlStore, Stored
from kconv._store.place_rows import ObjectKey
from kconv_migrations._executors import choice
from kconv_migrations._executors.executor import InProcessExecutor, results
from kconv_migrations._executors.row_processor import Action, Task
from kconv_migrations._executors.spans import Span
from kconv_migrations._executors.worker import StartMethod, start_method
from kconv_migrations._executors.worker_executor import (
    MAX_DEFAULT_WORKERS,
    WorkerEnded,
    WorkerExecutor,
    default_workers,
)
from kconv_migrations._migration import executor_for
from kconv_migrations._migration.split import split_into_spans
from migrate.samples import NEW, OLD, encoded, insert, placed, seed

CRONJOBS = "cronjobs.batch"

Make = Callable[..., WorkerExecutor]


@pytest.fixture(params=["fork", "spawn"])
def method(request: pytest.FixtureRequest) -> StartMethod:
    """How workers are started."""
    found: StartMethod = request.param
    return found


@pytest.fixture
def make(method: StartMethod, store: SqlStore, pipeline: Pipeline) -> Make:
    """What makes an executor with so many workers beside this process."""

    def made(count: int, *apis: str) -> WorkerExecutor:
        place = placed(store, *apis)
        return WorkerExecutor(count + 1, place, pipeline, [CRONJOBS], method=method)

    return made


@pytest.fixture
def seeded(store: SqlStore, pipeline: Pipeline) -> list[Stored]:
    """Sixty objects, in order."""
    return seed(store, pipeline, 60)


def task(action: Action = "rewrite") -> Task:
    return Task(action, CRONJOBS, NEW)


def everything(action: Action = "rewrite", limit: int = 10_000) -> Span:
    return Span(task(action), "objects", NEW, limit)


def test_answers_come_in_order(
    make: Make, store: SqlStore, pipeline: Pipeline, seeded: list[Stored]
) -> None:
    spans = list(split_into_spans(placed(store), task(), "objects", 7, NEW))
    assert len(spans) == 9
    with make(2) as executor:
        found_results = list(results(executor, spans))
    found = [row for result in found_results for row in result.rows()]
    assert [(row.key, row.mark) for row in found] == [
        ((each.key.namespace, each.key.name), each.resource_version) for each in seeded
    ]
    made = [data for result in found_results for data in result.processed.data]
    assert made == [encoded(pipeline, each.key.name, NEW) for each in seeded]


def test_a_worker_reads_by_connections_of_its_own(
    make: Make, store: SqlStore, seeded: list[Stored]
) -> None:
    assert store.get(seeded[0].key) == seeded[0]
    with make(2) as executor:
        asked = [executor.submit(everything()) for _ in range(8)]
        for _ in range(20):
            assert store.get(seeded[0].key) == seeded[0]
        assert [len(each.result().identities) for each in asked] == [60] * 8
    assert store.get(seeded[-1].key) == seeded[-1]


def test_what_cannot_be_loaded_is_raised_by_the_span(store: SqlStore, pipeline: Pipeline) -> None:
    apis = ["nowhere:register"]
    with WorkerExecutor(2, placed(store, *apis), pipeline, method="spawn") as executor:
        asked = executor.submit(everything())
        with pytest.raises(UsageError, match="nowhere"):
            asked.result()


@pytest.mark.usefixtures("seeded")
def test_a_worker_that_ends_says_so(make: Make) -> None:
    with make(1) as executor:
        executor.submit(everything()).result()
        (worker,) = active_children()
        worker.kill()
        with pytest.raises(WorkerEnded, match=r"ended with -9.*--workers 1"):
            executor.submit(everything()).result()


def test_what_is_larger_than_a_pipe_does_not_stop_both_sides(
    make: Make, store: SqlStore, pipeline: Pipeline, seeded: list[Stored], database_url: str
) -> None:
    template = encoded(pipeline, "NAME", suspend=True)
    insert(database_url, [(f"more-{n:05}", template) for n in range(2500)])
    until = ObjectKey("~", "~" * 10_000_000)
    with make(1) as executor:
        asked = [executor.submit(replace(everything(), until=until)) for _ in range(4)]
        assert [len(each.result().identities) for each in asked] == [2560] * 4


def test_closing_ends_every_span_and_process(
    make: Make, database_url: str, store: SqlStore, pipeline: Pipeline
) -> None:
    store.prefer("batch", "cronjobs", OLD)
    template = encoded(pipeline, "NAME")
    insert(database_url, [(name, template) for name in (f"cron-{n:05}" for n in range(3000))])
    with make(2) as executor:
        asked = [executor.submit(everything("rehearse")) for _ in range(30)]
        assert len(asked[0].result().identities) == 3000
        started = active_children()
    assert len(started) == 2
    assert active_children() == []
    with pytest.raises(WorkerEnded, match="closed"):
        asked[-1].result()
    executor.close()
    with pytest.raises(UsageError, match="closed"):
        executor.submit(everything())


def test_closing_does_not_wait_for_what_a_worker_started(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    store: SqlStore,
    pipeline: Pipeline,
    seeded: list[Stored],
) -> None:
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
    apis = ["lingering:register"]
    with WorkerExecutor(2, placed(store, *apis), pipeline, method="spawn") as executor:
        executor.submit(everything()).result()
        assert mark.exists()
        executor.submit(everything())
        began = time.monotonic()
    assert time.monotonic() - began < 20


def test_what_was_started_is_ended_where_no_more_can_be(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers: list[BaseProcess] = []
    for owner, name in ((os, "fork"), (multiprocessing.util, "spawnv_passfds")):
        original = getattr(owner, name)

        def once(*arguments: Any, original: Any = original) -> Any:
            if started := active_children():
                workers.extend(started)
                raise BlockingIOError(11, "Resource temporarily unavailable")
            return original(*arguments)

        monkeypatch.setattr(owner, name, once)
    with pytest.raises(Unavailable, match=r"temporarily unavailable.*fewer --workers"):
        make(3)
    assert [each.exitcode for each in workers] == [-9]


_ORPHANS = """
import sys, time
from multiprocessing import active_children
from kconv._pipeline import Pipeline
from kconv._scheme import load_scheme
from kconv._store import StorePlace, open_store
from kconv_migrations._migration import WorkerExecutor

url, method = sys.argv[1:]
print("to standard output, before", end="")
place = StorePlace(open_store(url), load_scheme({"batch"}), {"batch"})
made = WorkerExecutor(4, place, Pipeline(place.scheme), method=method)
print("", *(each.pid for each in active_children()), flush=True)
time.sleep(60)
"""


@pytest.fixture
def orphans(store: SqlStore, database_url: str) -> Iterator[Callable[[str], list[int]]]:
    """Starts a process that has workers, kills it, and says which they were."""
    running: list[subprocess.Popen[str]] = []

    def start(method: str) -> list[int]:
        command = [sys.executable, "-c", _ORPHANS, database_url, method]
        running.append(prepared.Popen(command, stdout=subprocess.PIPE, text=True))
        assert running[-1].stdout is not None
        words = running[-1].stdout.readline().split()
        # What was not written yet when they were forked is written once.
        assert words[:4] == ["to", "standard", "output,", "before"]
        running[-1].kill()
        running[-1].communicate()
        return [int(word) for word in words[4:]]

    yield start
    for each in running:
        each.kill()


def test_workers_end_when_the_process_that_has_them_is_killed(
    orphans: Callable[[str], list[int]], method: StartMethod
) -> None:
    left = orphans(method)
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


def test_a_process_with_threads_is_not_forked() -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert start_method() == "spawn"
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(("few", "processes"), [(10**9, 0), (1, 1)])
def test_few_rows_are_converted_by_this_process(
    store: SqlStore,
    pipeline: Pipeline,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    processes: int,
) -> None:
    seed(store, pipeline, 3)
    monkeypatch.setattr(choice, "FEW_ROWS", few)
    monkeypatch.setattr(choice, "default_workers", lambda: 2)
    with executor_for(placed(store), pipeline) as executor:
        assert isinstance(executor, WorkerExecutor if processes else InProcessExecutor)
        assert len(active_children()) == processes
    with executor_for(placed(store), pipeline, 1) as executor:
        assert isinstance(executor, InProcessExecutor)
    with executor_for(placed(store), pipeline, 3):
        assert len(active_children()) == 2


def test_many_processors_are_not_all_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert default_workers() == MAX_DEFAULT_WORKERS
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {7}, raising=False)
    assert default_workers() == 1
