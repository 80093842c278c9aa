"""Worker processes: answers in order, errors where the job came from, and none left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from kconv.cli import migrate_options
from kconv.cli.migrate_options import hands_for
from kconv.errors import Unavailable, UsageError
from kconv.gvk import GroupResource
from kconv.pipeline import Pipeline
from kconv.store import SqlStore, Stored
from kconv_migrations.rows.jobs import Done, Job, Task
from kconv_migrations.rows.workers import MOST, InProcess, Workers, default_workers
from kconv_migrations.storage.pages import through
from migrate.samples import NEW, OLD, encoded, key, seed

RESOURCE = GroupResource("batch", "cronjobs")


@pytest.fixture
def hands() -> Iterator[Workers]:
    with Workers(2, {"batch"}) as found:
        yield found


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that are started from now on."""
    found: list[subprocess.Popen[bytes]] = []
    original = subprocess.Popen

    def noted(*arguments: Any, **named: Any) -> subprocess.Popen[bytes]:
        found.append(original(*arguments, **named))
        return found[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    return found


def stored(pipeline: Pipeline, name: str) -> Stored:
    return Stored(key(name), "uid", OLD, 1, encoded(pipeline, name))


def job(page: Sequence[Stored], task: Task = "rewrite") -> Job:
    return Job(task, RESOURCE, NEW, [(each.api_version, each.data) for each in page])


def test_answers_are_those_of_the_pages(hands: Workers, pipeline: Pipeline) -> None:
    pages = [[stored(pipeline, f"n{each}")] * (1 + each % 7) for each in range(60)]
    for number, (page, done) in enumerate(through(hands, pages, job)):
        assert page is pages[number]
        assert done.data == [encoded(pipeline, f"n{number}", NEW)] * len(page)


def test_what_cannot_be_loaded_is_raised_by_the_job(pipeline: Pipeline) -> None:
    with Workers(1, {"batch"}, ["nowhere:register"]) as hands:
        future = hands.submit(job([stored(pipeline, "n")]))
        with pytest.raises(UsageError, match="nowhere"):
            future.result(timeout=60)


def test_closing_ends_every_job_and_process(
    started: list[subprocess.Popen[bytes]], pipeline: Pipeline
) -> None:
    page = [stored(pipeline, "n")] * 3000
    with Workers(2, {"batch"}) as hands:
        futures: list[Future[Done]] = [hands.submit(job(page, "rehearse")) for _ in range(30)]
        futures[0].result(timeout=60)
    assert len(started) == 2
    assert all(each.returncode is not None for each in started)
    assert all(each.done() for each in futures)
    assert any(isinstance(each.exception(), Unavailable) for each in futures)
    assert "kconv-worker" not in {each.name for each in threading.enumerate()}
    hands.close()
    with pytest.raises(UsageError, match="closed"):
        hands.submit(job(page))


def test_closing_does_not_wait_for_what_a_worker_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline
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
    with Workers(1, {"batch"}, ["lingering:register"]) as hands:
        hands.submit(job([stored(pipeline, "n")])).result(timeout=60)
        assert mark.exists()
        hands.submit(job([stored(pipeline, "n")] * 20_000))
        began = time.monotonic()
    assert time.monotonic() - began < 20


def test_what_was_started_is_ended_where_no_more_can_be(
    started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: Any = subprocess.Popen

    def once(*arguments: Any, **named: Any) -> Any:
        if started:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return noted(*arguments, **named)

    monkeypatch.setattr(subprocess, "Popen", once)
    with pytest.raises(Unavailable, match=r"temporarily unavailable.*fewer --workers"):
        Workers(3)
    assert [each.returncode is not None for each in started] == [True]


@pytest.mark.parametrize(("few", "processes"), [(10**9, 0), (1, 2)])
def test_few_rows_are_converted_by_this_process(
    store: SqlStore,
    pipeline: Pipeline,
    started: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    processes: int,
) -> None:
    seed(store, pipeline, 3)
    monkeypatch.setattr(migrate_options, "FEW", few)
    monkeypatch.setattr("kconv_migrations.storage.default_workers", lambda: 2)
    with hands_for(store, lambda: pipeline, None, None) as hands:
        assert isinstance(hands, Workers if processes else InProcess)
        assert len(started) == processes
    with hands_for(store, lambda: pipeline, 1, None) as hands:
        assert isinstance(hands, InProcess)
    with hands_for(store, lambda: pipeline, 3, None):
        assert len(started) == processes + 3


def test_many_processors_are_not_all_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert default_workers() == MOST
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {7}, raising=False)
    assert default_workers() == 1
