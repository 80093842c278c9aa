"""A table under what goes wrong: kills, writers, a database that goes away, a disk that is full."""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, insert, select, update

from fixtures.killing import KILLS, kill_at_random
from fixtures.outage import Outage
from fixtures.postgres import PostgresServer
from kconv._errors import Unavailable
from kconv._pipeline import Pipeline
from kconv.place import Place, open_named
from kconv.sqlalchemy import TablePlace
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import (
    Outcome,
    Progress,
    Settings,
    WorkerExecutor,
    migrate,
    plan,
    undo,
    verify,
)
from places.named_place import orders, table
from places.shop import order

COUNT = 1200

Rows = dict[int, tuple[Any, int]]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> str:
    return make_database(request.param)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(url)
    table.metadata.create_all(made)
    yield made
    made.dispose()


def fill(engine: Engine, count: int) -> Rows:
    """Orders in two versions; what is there."""
    values = [
        {"id": at, "document": json.dumps(order(1 + at % 2, f"buyer-{at}")), "version": 1 + at % 2}
        for at in range(1, count + 1)
    ]
    with engine.begin() as connection:
        connection.execute(insert(table), values)
    return rows(engine)


def rows(engine: Engine) -> Rows:
    with engine.connect() as connection:
        return {row.id: (row.document, row.version) for row in connection.execute(select(table))}


def migrated(count: int) -> dict[int, Any]:
    return {at: order(3, f"buyer-{at}") for at in range(1, count + 1)}


def documents(found: Rows) -> dict[int, Any]:
    return {at: json.loads(document) for at, (document, _) in found.items()}


def run(place: Place, pipeline: Pipeline, **settings: Any) -> Outcome:
    (outcome,) = migrate(place, pipeline, plan(place, ["orders"]), Settings(**settings))
    return outcome


def test_killed_at_random_many_times(url: str, engine: Engine) -> None:
    """Each kill comes at a random moment of a run in a forked child."""
    before = fill(engine, COUNT)
    engine.dispose()
    place = TablePlace(url, [orders])
    pipeline = Pipeline(place.scheme)
    run(place, pipeline, dry_run=True)
    place.close()

    def look() -> None:
        halfway = rows(engine)
        assert {
            at: version for at, (_, version) in halfway.items() if version not in (1, 2, 3)
        } == {}
        for at, (document, version) in halfway.items():
            assert json.loads(document) == order(version, f"buyer-{at}"), at
        engine.dispose()

    kill_at_random(lambda tell: _run_slowly(url, pipeline, tell), seed=13, after=look)
    assert run(place, pipeline).done
    found = rows(engine)
    assert documents(found) == migrated(COUNT)
    assert {version for _, version in found.values()} == {3}
    (verified,) = verify(place, InProcessExecutor(place, pipeline))
    assert (verified.objects, verified.compared, verified.failures) == (COUNT, COUNT, [])
    kept = [each for each in place.runs() if place.undo_size(each.id).rows]
    assert len(kept) > KILLS / 5, "most kills came before the first row or after the last"
    assert sum(undo(place, each.id).restored for each in kept) == COUNT
    assert rows(engine) == before
    place.close()


def _run_slowly(url: str, pipeline: Pipeline, tell: Callable[[], object]) -> None:
    def progress(now: Progress) -> None:
        if now.done:
            tell()

    place = TablePlace(url, [orders])
    settings = Settings(batch_size=10, rate=1000)
    list(migrate(place, pipeline, plan(place, ["orders"]), settings, progress))


def test_nothing_that_writers_wrote_is_lost(url: str, engine: Engine) -> None:
    """Writers change documents as they find them, in whatever version, while runs go on."""
    count = 300
    fill(engine, count)
    place = TablePlace(url, [orders])
    pipeline = Pipeline(place.scheme)
    acknowledged: dict[int, int] = {}
    over = threading.Event()

    def write(seed: int) -> None:
        chance = random.Random(seed)
        patience = {"timeout": 60} if url.startswith("sqlite") else {}
        own = create_engine(url, connect_args=patience)
        total = 1000 * (seed + 1)
        while not over.is_set():
            at = chance.randrange(1, count // 3) * 3 + seed
            total += 1
            with own.connect() as connection:
                if own.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                one = select(table).where(table.c.id == at).with_for_update()
                found = connection.execute(one).one()
                document = json.loads(found.document)
                field = "cents" if found.version == 3 else "total"
                document[field] = total
                connection.execute(
                    update(table)
                    .where(table.c.id == at)
                    .values(document=json.dumps(document), version=found.version)
                )
                connection.commit()
            acknowledged[at] = total
            time.sleep(0.005)
        own.dispose()

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(3)]
    for each in writers:
        each.start()
    try:
        assert run(place, pipeline, batch_size=20).done
        for to in ("shop.example.com=v1", "shop.example.com=v3"):
            (outcome,) = migrate(place, pipeline, plan(place, ["orders"], [to]))
            assert outcome.done
        undone = undo(place, outcome.run)
        assert undone.restored + len(undone.written) == outcome.objects
        assert run(place, pipeline).done
    finally:
        over.set()
        for each in writers:
            each.join()
    assert len(acknowledged) > 20
    found = documents(rows(engine))
    field = {1: "total", 2: "total", 3: "cents"}
    versions = {at: version for at, (_, version) in rows(engine).items()}
    assert {at: found[at][field[versions[at]]] for at in acknowledged} == acknowledged
    place.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_a_run_waits_for_a_database_that_comes_back(
    url: str, engine: Engine, postgres_server: PostgresServer, workers: int
) -> None:
    if url.startswith("sqlite"):
        pytest.skip("a file does not go away and come back")
    before = fill(engine, 300)
    engine.dispose()
    place = open_named("places.named_place:orders", url)
    pipeline = Pipeline(place.scheme)
    outage = Outage(postgres_server)
    targets = plan(place, ["orders"])
    with WorkerExecutor(workers, place, pipeline, ["orders"]) as executor:
        settings = Settings(batch_size=20, outage=30)
        (outcome,) = migrate(place, pipeline, targets, settings, outage.follow, executor)
    outage.end()
    assert outage.said
    assert outcome.done
    assert documents(rows(engine)) == migrated(300)
    assert undo(place, outcome.run).restored == 300
    assert rows(engine) == before
    place.close()


def test_a_disk_that_is_full(url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("only SQLite's size can be bounded here")
    before = fill(engine, 600)
    engine.dispose()
    TablePlace(url, [orders]).close()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.close()
    connect = sqlite3.connect

    def bounded(*arguments: object, **named: object) -> sqlite3.Connection:
        made: sqlite3.Connection = connect(*arguments, **named)  # type: ignore[call-overload]  # passed on
        made.execute(f"PRAGMA max_page_count = {pages + 12}")
        return made

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", bounded)
        patch.setattr("sqlite3.dbapi2.connect", bounded)
        small = TablePlace(url, [orders])
        with pytest.raises(Unavailable, match="cannot grow: the disk is full"):
            run(small, Pipeline(small.scheme), batch_size=20)
        small.close()
    halfway = rows(engine)
    assert 0 < sum(version == 3 for _, version in halfway.values()) < 600
    for at, (document, version) in halfway.items():
        assert json.loads(document) == order(version, f"buyer-{at}")
    place = TablePlace(url, [orders])
    assert run(place, Pipeline(place.scheme)).done
    assert documents(rows(engine)) == migrated(600)
    for each in place.runs():
        if place.undo_size(each.id).rows:
            undo(place, each.id)
    assert rows(engine) == before
    place.close()
