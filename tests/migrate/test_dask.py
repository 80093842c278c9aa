"""Spans on the workers of a Dask cluster: two processes, as `distributed` starts them."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import distributed
import pytest
from sqlalchemy import create_engine, insert, select

import kconv
from cli.samples import Ended
from fixtures.until import until
from kconv._check.lock import digest_of
from kconv._errors import Conflict, DecodeError, Unavailable, UsageError
from kconv._pipeline import Pipeline
from kconv._store import SqlStore
from kconv.place import NewData, RunTarget, Where, open_named
from kconv_migrations._executors import dask_executor
from kconv_migrations._executors.dask_executor import DaskExecutor, code_of
from kconv_migrations._executors.executor import results
from kconv_migrations._executors.row_processor import Task
from kconv_migrations._executors.selection import Condition
from kconv_migrations._executors.spans import Span, Writing
from kconv_migrations._migration import Progress, Settings, hold, migrate, plan, undo, verify
from kconv_migrations._migration.split import split_into_spans
from migrate.samples import NEW, OLD, installed, key, placed, rows, seed
from places.named_place import table
from places.shop import order

Run = Callable[..., Ended]
TASK = Task("rewrite", "cronjobs.batch", NEW)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler, and two workers of a thread each."""
    # Its loggers write to what standard error was when it was imported: a file of an early test.
    logging.getLogger("distributed").handlers.clear()
    make: Any = distributed.LocalCluster
    with make(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
    ) as found:
        yield found


@pytest.fixture
def address(cluster: Any) -> str:
    return str(cluster.scheduler_address)


@pytest.fixture
def executor(address: str, store: SqlStore, pipeline: Pipeline) -> Iterator[DaskExecutor]:
    with DaskExecutor(address, placed(store), digest_of, ["cronjobs.batch"]) as found:
        yield found


def test_a_migration(
    executor: DaskExecutor, store: SqlStore, pipeline: Pipeline, cluster: Any
) -> None:
    seed(store, pipeline, 60)
    place = placed(store)
    targets = plan(place, ["cronjobs.batch"], ["batch=v1"])
    settings = Settings(batch_size=7)
    (outcome,) = migrate(place, pipeline, targets, settings, executor=executor)
    assert outcome.done
    assert rows(store) == {NEW: (60, 60)}
    (verified,) = verify(place, executor)
    assert (verified.sound, verified.compared) == (True, 60)


def test_workers_write_where_several_can(
    executor: DaskExecutor, store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite, where one can, the process that has the run does it."""
    seed(store, pipeline, 12)
    place = placed(store)
    targets = plan(place, ["cronjobs.batch"], ["batch=v1"])
    written: list[int] = []
    write = place.write

    def counted(where: Where, items: Sequence[NewData], **named: Any) -> int:
        written.append(write(where, items, **named))
        return written[-1]

    monkeypatch.setattr(place, "write", counted)
    settings = Settings(batch_size=5)
    (outcome,) = migrate(place, pipeline, targets, settings, executor=executor)
    postgresql = store.has_row_locks
    assert executor.writes is postgresql
    assert sum(written) == (0 if postgresql else 24)
    assert (outcome.rows, outcome.raced, outcome.done) == (24, 0, True)
    assert undo(place, outcome.run).restored == 12
    assert rows(store) == {OLD: (12, 0), NEW: (0, 12)}


def test_a_first_slice_is_no_larger_than_wanted(
    executor: DaskExecutor, store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 20)
    place = placed(store)
    targets = plan(place, ["cronjobs.batch"], ["batch=v1"])
    (outcome,) = migrate(
        place, pipeline, targets, Settings(batch_size=3, most_rows=7), executor=executor
    )
    assert outcome.rows == 7


def test_a_span_that_is_done_twice_does_no_harm(
    executor: DaskExecutor, store: SqlStore, pipeline: Pipeline
) -> None:
    """One after the other, and at the same time."""
    if not store.has_row_locks:
        pytest.skip("there the run writes")
    seed(store, pipeline, 40)
    before = {each.key: each.data for each in store.list("batch", "cronjobs").items}
    place = placed(store)
    store.prefer("batch", "cronjobs", NEW)
    with hold(place, [RunTarget("cronjobs.batch", (OLD,), NEW)]) as run:
        span = Span(TASK, "objects", NEW, 20, writing=Writing(run.id, keep_before_images=True))
        first = executor.submit(span).result()
        assert first.rest is not None
        again = executor.submit(replace(span, until=first.rows()[-1].key)).result()
        both = [executor.submit(first.rest) for _ in range(2)]
        found = [first, again, *(each.result() for each in both)]
        run.ending = "done"
    assert [first.written, again.written] == [20, 0]
    assert sum(each.written or 0 for each in found) == 40
    assert all(each.processed.data == [] for each in found)
    assert rows(store)[NEW] == (40, 0)
    assert undo(place, run.id).restored == 40
    assert {each.key: each.data for each in store.list("batch", "cronjobs").items} == before


def test_workers_write_nothing_for_a_run_that_is_lost(
    executor: DaskExecutor, store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 3)
    store.prefer("batch", "cronjobs", NEW)
    place = placed(store)
    with hold(place, []) as run:
        pass
    span = Span(TASK, "objects", NEW, 5, writing=Writing(run.id, keep_before_images=False))
    with pytest.raises(Conflict, match="no longer held"):
        executor.submit(span).result()
    assert rows(store)[OLD] == (3, 3)


def test_spans_go_to_both_workers(
    executor: DaskExecutor, store: SqlStore, pipeline: Pipeline
) -> None:
    """And not to this process; their results come in order."""
    seed(store, pipeline, 40)
    assert executor.lookahead == 4
    spans = split_into_spans(placed(store), TASK, "objects", 2, NEW)
    found = [row.key[1] for each in results(executor, spans) for row in each.rows()]
    assert found == [f"cron-{number:04}" for number in range(40)]
    held = executor._client.run(_held)
    assert sorted(held.values()) == [1, 1]


def _held() -> int:
    return len(dask_executor._runners)


def test_workers_forget_a_run(
    address: str, store: SqlStore, pipeline: Pipeline, cluster: Any
) -> None:
    seed(store, pipeline, 4)
    with DaskExecutor(address, placed(store), digest_of) as executor:
        list(results(executor, split_into_spans(placed(store), TASK, "objects", 1, NEW)))
    make: Any = distributed.Client
    with make(address, set_as_default=False) as client:
        assert set(client.run(_held).values()) == {0}


def test_what_a_span_raises_is_raised_here(
    executor: DaskExecutor, store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 1)
    span = Span(TASK, "objects", NEW, 5, selection=(Condition("shape", "round"),))
    with pytest.raises(UsageError, match='keys have no part "shape"'):
        executor.submit(span).result()
    assert executor.submit(Span(TASK, "objects", NEW, 5)).result().rows()


def test_rows_that_fail_are_in_quarantine(
    executor: DaskExecutor, store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 5)
    store.create(key("bad"), uid="bad", api_version=OLD, data=b"{")
    place = placed(store)
    targets = plan(place, ["cronjobs.batch"], ["batch=v1"])
    (outcome,) = migrate(place, pipeline, targets, executor=executor)
    assert {each.reason for each in outcome.failures} == {DecodeError.reason}
    assert rows(store) == {NEW: (5, 5), OLD: (1, 1)}


def test_workers_with_other_packages(address: str, store: SqlStore) -> None:
    """As far as this digest goes: where a scheme is in memory."""
    digest: Any = id
    with pytest.raises(Conflict) as caught:
        DaskExecutor(address, placed(store), digest)
    lines = caught.value.message.splitlines()
    assert len(lines) == 3
    assert all("has other API packages" in line for line in lines[:2])
    assert lines[-1] == "install the same packages everywhere"


def test_a_worker_that_cannot_open_the_place(
    address: str, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: Any = ModuleType("only_here")
    here.register = lambda scheme: None
    monkeypatch.setitem(sys.modules, "only_here", here)
    with pytest.raises(Conflict, match=r"worker tcp://.* cannot work: .*only_here"):
        DaskExecutor(address, placed(store, "only_here:register"), digest_of)


def test_a_worker_that_comes_later_proves_it_too(
    executor: DaskExecutor, store: SqlStore, pipeline: Pipeline
) -> None:
    seed(store, pipeline, 2)
    good = executor._job
    executor._job = good._replace(id="later", expected=good.expected._replace(release="0.0.1"))
    with pytest.raises(Conflict, match=r"a worker that has just come has kconv .*, not 0\.0\.1 on"):
        executor.submit(Span(TASK, "objects", NEW, 5)).result()


def test_digests() -> None:
    scheme = installed()
    code = code_of(scheme, digest_of)
    assert code == code_of(scheme, digest_of)
    assert len(code.apis) == 64
    assert code.python == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert code.release == kconv.__version__
    from kconv._scheme import load_scheme

    assert digest_of(load_scheme({"batch"})) != code.apis
    assert digest_of(load_scheme({"batch"})) == digest_of(load_scheme({"batch"}))


def test_nobody_there(store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "CONNECT", 1.0)
    with pytest.raises(
        Unavailable, match=r"cannot reach the Dask scheduler at tcp://127\.0\.0\.1:1:"
    ):
        DaskExecutor("tcp://127.0.0.1:1", placed(store), digest_of)
    with pytest.raises(Unavailable, match="cannot reach the Dask scheduler at nonsense"):
        DaskExecutor("nonsense://x", placed(store), digest_of)


def test_no_worker(store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "CONNECT", 2.0)
    file = tmp_path / "scheduler.json"
    options = [
        "--port",
        "0",
        "--no-dashboard",
        "--host",
        "127.0.0.1",
        "--scheduler-file",
        str(file),
    ]
    program = [sys.executable, "-m", "distributed.cli.dask_scheduler", *options]
    with subprocess.Popen(program, stderr=subprocess.DEVNULL) as scheduler:
        try:
            until(lambda: file.exists() and file.read_text().endswith("}"))
            address = json.loads(file.read_text())["address"]
            with pytest.raises(Unavailable, match="has no worker: start some"):
                DaskExecutor(address, placed(store), digest_of)
        finally:
            scheduler.terminate()


def test_workers_that_die_in_a_run(
    cluster: Any, address: str, store: SqlStore, pipeline: Pipeline
) -> None:
    """Dask runs their spans elsewhere, and starts others in their place."""
    seed(store, pipeline, 200)
    place = placed(store)
    targets = plan(place, ["cronjobs.batch"], ["batch=v1"])
    killed: list[int] = []
    over = threading.Event()

    with DaskExecutor(address, place, digest_of, ["cronjobs.batch"]) as executor:

        def kill() -> None:
            until(lambda: NEW in rows(store) or over.is_set())
            pids = executor._client.run(os.getpid)
            victim = next(iter(pids.values()))
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)

        thread = threading.Thread(target=kill)
        thread.start()
        settings = Settings(batch_size=5, rate=150)
        (outcome,) = migrate(place, pipeline, targets, settings, executor=executor)
        over.set()
        thread.join()
    assert killed
    assert outcome.done
    assert rows(store) == {NEW: (200, 200)}
    assert undo(place, outcome.run).restored == 200
    cluster.wait_for_workers(2, timeout=30)


def test_workers_that_die_while_they_write_a_table(
    cluster: Any, address: str, database_url: str
) -> None:
    """A user's own: some of its rows are written, and none is written twice."""
    if database_url.startswith("sqlite"):
        pytest.skip("there the run writes")
    engine = create_engine(database_url)
    table.drop(engine, checkfirst=True)
    table.create(engine)
    documents = [order(1, f"buyer-{number}") for number in range(200)]
    with engine.begin() as connection:
        connection.execute(
            insert(table),
            [
                {"id": number, "document": json.dumps(document), "version": 1}
                for number, document in enumerate(documents)
            ],
        )
    place = open_named("places.named_place:orders", database_url)
    targets = plan(place, ["orders"])
    killed: list[int] = []

    with DaskExecutor(address, place, digest_of, ["orders"]) as executor:
        assert executor.writes

        def kill(now: Progress) -> None:
            if now.done >= 40 and not killed:
                killed.append(next(iter(executor._client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)

        settings = Settings(batch_size=5)
        (outcome,) = migrate(place, Pipeline(place.scheme), targets, settings, kill, executor)
    assert killed
    assert outcome.done
    with engine.begin() as connection:
        found = connection.execute(select(table).order_by(table.c.id)).all()
    assert [(row.version, json.loads(row.document)) for row in found] == [
        (3, order(3, f"buyer-{number}")) for number in range(200)
    ]
    assert undo(place, outcome.run).restored == 200
    with engine.begin() as connection:
        found = connection.execute(select(table).order_by(table.c.id)).all()
    assert [(row.version, json.loads(row.document)) for row in found] == [
        (1, document) for document in documents
    ]
    table.drop(engine)
    engine.dispose()
    place.close()
    cluster.wait_for_workers(2, timeout=30)


def test_the_command_line(
    address: str, kconv: Run, store: SqlStore, pipeline: Pipeline, database_url: str
) -> None:
    seed(store, pipeline, 12)
    ended = kconv("migrate", "--to", "batch=v1", "--scheduler", address)
    assert ended.code == 0, ended.err
    assert "12 objects and 12 changes rewritten" in ended.out
    assert kconv("migrate", "verify", "--scheduler", address).code == 0
    both = kconv("migrate", "--scheduler", address, "--workers", "2")
    assert (both.code, both.out) == (2, "")
    assert "has workers of its own" in both.err


def test_without_dask(store: SqlStore, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'kconv\[dask\]'"):
        DaskExecutor("tcp://127.0.0.1:1", placed(store), digest_of)


def test_nothing_loads_dask_unasked() -> None:
    code = "import sys, kconv_migrations._migration; print('distributed' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.stdout == "False\n"
