"""The database or a worker goes away in mid-run: a clear message, and a rerun finishes."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import pytest

from fixtures import prepared
from fixtures.outage import Outage
from fixtures.postgres import PostgresServer
from kconv._errors import Denied, Unavailable
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from kconv_migrations._migration import Progress, Settings, WorkerExecutor, migrate, plan, undo
from kconv_migrations._migration.retry import RetryingPlace
from migrate.samples import NEW, OLD, encoded, everything, insert, key, placed, rows, seed

COUNT = 300


@pytest.fixture
def only_postgres(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("a file does not go away and come back")


@pytest.mark.usefixtures("only_postgres")
def test_workers_wait_for_a_database_that_comes_back(
    store: SqlStore, pipeline: Pipeline, postgres_server: PostgresServer
) -> None:
    stored = seed(store, pipeline, COUNT)
    before = everything(store)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])
    outage = Outage(postgres_server)
    settings = Settings(batch_size=20, outage=30)
    with WorkerExecutor(3, placed(store), pipeline) as executor:
        (outcome,) = migrate(placed(store), pipeline, targets, settings, outage.follow, executor)
    outage.end()
    assert outage.said
    assert outcome.done
    assert rows(store) == {NEW: (COUNT, COUNT)}
    assert everything(store) == before
    assert undo(placed(store), outcome.run).restored == COUNT
    assert store.list("batch", "cronjobs").items == stored


@pytest.mark.usefixtures("only_postgres")
def test_a_run_that_does_not_wait_says_so_and_a_rerun_finishes(
    store: SqlStore, pipeline: Pipeline, postgres_server: PostgresServer
) -> None:
    seed(store, pipeline, 40)
    targets = plan(placed(store), ["cronjobs.batch"], ["batch=v1"])

    def stop(progress: Progress) -> None:
        if progress.done == 20:
            postgres_server.stop()

    try:
        with pytest.raises(Unavailable, match="cannot reach the database"):
            list(
                migrate(
                    placed(store),
                    pipeline,
                    targets,
                    Settings(batch_size=5, lease=0.5),
                    stop,
                )
            )
    finally:
        postgres_server.start()
    time.sleep(0.5)
    (outcome,) = migrate(placed(store), pipeline, plan(placed(store)))
    assert outcome.done
    assert [run.state for run in store.runs()] == ["done", "interrupted"]


@pytest.mark.parametrize("killed", [1, 2])
def test_a_worker_that_dies(
    store: SqlStore, pipeline: Pipeline, database_url: str, killed: int
) -> None:
    seed(store, pipeline, 20)
    process = prepared.Popen(
        [sys.executable, "-m", "kconv", "migrate", "cronjobs.batch", "--to", "batch=v1",
         "--db", database_url, "--workers", "3", "--batch-size", "1", "--rate", "10"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    while rows(store).get(NEW, (0, 0))[0] < 2:
        assert process.poll() is None
        time.sleep(0.01)
    workers = children(process.pid)
    assert len(workers) == 2
    for worker in workers[:killed]:
        subprocess.run(["kill", "-9", str(worker)], check=True)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "a worker process ended with -9" in error
    assert store.runs()[0].state == "failed"


def test_no_worker_outlives_a_run(store: SqlStore, pipeline: Pipeline, database_url: str) -> None:
    seed(store, pipeline, 20)
    process = prepared.Popen(
        [sys.executable, "-m", "kconv", "migrate", "--to", "batch=v1", "--db", database_url,
         "--workers", "2", "--batch-size", "1", "--rate", "10"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    while rows(store).get(NEW, (0, 0))[0] < 2:
        assert process.poll() is None
        time.sleep(0.01)
    workers = children(process.pid)
    assert workers
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while any(is_worker(each) for each in workers):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    task = Path(f"/proc/{pid}/task")
    if not task.exists():
        pytest.skip("needs /proc")
    return [
        int(word) for each in task.iterdir() for word in (each / "children").read_text().split()
    ]


def is_worker(pid: int) -> bool:
    try:
        return b"kconv" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


def test_memory_does_not_grow_with_rows(
    store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    """The run's peak over many rows is that over few, but for some MiB.

    `KCONV_TEST_ROWS=1000000` takes about a minute.
    """
    few, many = 2_000, int(os.environ.get("KCONV_TEST_ROWS", "100000"))
    if not database_url.startswith("sqlite"):
        pytest.skip("the rows of one kind of database tell it")
    store.prefer("batch", "cronjobs", OLD)
    template = encoded(pipeline, "NAME")
    insert(
        database_url,
        (
            (name, template.replace(b"NAME", name.encode()))
            for name in (f"few-{number:06}" for number in range(few))
        ),
    )
    low = peak(database_url, "batch=v1")
    store.prefer("batch", "cronjobs", OLD)
    insert(
        database_url,
        (
            (name, template.replace(b"NAME", name.encode()))
            for name in (f"many-{number:06}" for number in range(many))
        ),
    )
    high = peak(database_url, "batch=v1")
    assert rows(store) == {NEW: (few + many, 0)}
    assert high < low + 40 * 1024, (low, high)
    assert high < 300 * 1024
    assert store.get(key("many-000001")).api_version == NEW


def peak(url: str, to: str) -> int:
    """The most memory (KiB) that a run took; its workers are not counted."""
    # Not ru_maxrss, which begins with what the process that starts this one has.
    code = (
        "import re, sys; from kconv._cli.run import run; code = run(sys.argv[1:]);"
        "status = open('/proc/self/status').read();"
        "print(re.search(r'VmHWM:\\s+(\\d+)', status)[1], file=sys.stderr); sys.exit(code)"
    )
    arguments = ("migrate", "cronjobs.batch", "--to", to, "--db", url, "--workers", "2")
    ended = prepared.run(
        [sys.executable, "-c", code, *arguments, "--no-undo"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(ended.stderr.split()[-1])


def test_what_is_denied_is_not_waited_for() -> None:
    calls = []

    def denied() -> None:
        calls.append(1)
        raise Denied("the database denies it")

    began = time.monotonic()
    with pytest.raises(Denied):
        RetryingPlace(cast("Any", None), 60, lambda _: None).retry(denied)
    assert len(calls) == 1
    assert time.monotonic() - began < 5
