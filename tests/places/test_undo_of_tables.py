"""Undoing a run over a table where somebody or something is in its way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, insert, select, text

from cli.samples import Ended, in_process
from kconv._errors import Conflict, UsageError
from kconv._pipeline import Pipeline
from kconv.place import Pressure
from kconv.sqlalchemy import TablePlace, collection
from kconv_migrations._migration import Limits, Settings, hold, migrate, plan, steering, undo
from places.named_place import orders, table
from places.shop import V1, V3, VERSIONS, OrderV3, order, register

REFUSE = {
    "sqlite": """
        CREATE TRIGGER no_way_back BEFORE UPDATE ON orders WHEN new.version = 1 AND new.id IN (3, 8)
        BEGIN SELECT RAISE(ABORT, 'no way back'); END
    """,
    "postgresql": """
        ALTER TABLE orders ADD CONSTRAINT no_way_back
        CHECK (version <> 1 OR id NOT IN (3, 8)) NOT VALID
    """,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> str:
    return make_database(request.param)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(url)
    table.create(made)
    with made.begin() as connection:
        rows = [
            {"id": at, "document": json.dumps(order(1, f"buyer-{at}")), "version": 1}
            for at in range(10)
        ]
        connection.execute(insert(table), rows)
    yield made
    made.dispose()


@pytest.fixture
def place(url: str, engine: Engine) -> Iterator[TablePlace]:
    found = TablePlace(url, [orders])
    yield found
    found.close()


def run(place: TablePlace) -> str:
    (outcome,) = migrate(place, Pipeline(place.scheme), plan(place, ["orders"]))
    assert outcome.done
    return outcome.run


def versions(engine: Engine) -> dict[int, int]:
    with engine.connect() as connection:
        found = connection.execute(select(table.c.id, table.c.version))
        return {row.id: row.version for row in found}


def test_rows_that_the_database_does_not_take_back_are_named(
    place: TablePlace,
    engine: Engine,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    run_id = run(place)
    with engine.begin() as connection:
        connection.execute(text(REFUSE[engine.dialect.name]))
    done = undo(place, run_id)
    assert done.restored == 8
    assert [
        (name.key, "no way back" in why or "no_way_back" in why) for name, why in done.refused
    ] == [
        ((3,), True),
        ((8,), True),
    ]
    assert versions(engine) == {at: 3 if at in (3, 8) else 1 for at in range(10)}
    assert place.undo_size(run_id).rows == 2
    kconv: Callable[..., Ended] = in_process(capfd)
    named = ("--place", "places.named_place:orders", "--db", url)
    ended = kconv("migrate", "undo", run_id, *named, "-o", "json")
    assert ended.code == 1
    said = json.loads(ended.out)
    assert (said["restored"], [each["key"] for each in said["refused"]]) == (0, [[3], [8]])
    assert "orders 3: not restored, refused: " in ended.err


def test_live_code_is_looked_at_in_the_transaction_of_the_flip(
    place: TablePlace, engine: Engine
) -> None:
    """Not before it, when other code may have come up since; and when a version comes back."""
    run_id = run(place)
    said: Any = {"key": "id", "document": "document", "version": "version", "scheme": register}
    new = collection("orders", **said, versions={3: OrderV3}, stored=3, table=table)
    other = collection("others", **said, versions=VERSIONS, stored=3, table=table)
    with engine.begin() as connection:
        new.heartbeat(connection)
        other.heartbeat(connection)
    with pytest.raises(
        Conflict, match=r"^orders cannot be stored as shop.example.com/v1, which 1 l"
    ):
        place.prefer([("orders", V1)], live=60)
    with hold(place, []) as held, pytest.raises(Conflict, match="live server cannot decode"):
        place.restore(run_id, after=None, limit=9, live=60, held=held.id)
    with pytest.raises(Conflict, match="live server cannot decode: orders-"):
        undo(place, run_id)
    assert [(each.version, each.preferred) for each in place.versions()] == [(V3, True)]
    assert set(versions(engine).values()) == {3}
    place.prefer([("orders", V3)], live=60)
    place.prefer([("orders", V1)], live=None)


def test_undoing_waits_while_the_place_is_under_pressure(
    place: TablePlace, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = run(place)
    waits = [9, 9, 9, 0]
    seen: list[tuple[int, int]] = []

    def pressure(where: object, wanted: frozenset[str]) -> Pressure:
        assert wanted == {"lock_waits"}
        # The first look is whether it can be told at all.
        found = waits.pop(0) if waits else 0
        seen.append((found, sum(version == 1 for version in versions(engine).values())))
        return Pressure(lock_waits=found)

    monkeypatch.setattr(place, "pressure", pressure)
    monkeypatch.setattr("kconv_migrations._migration.throttle.EVERY", 0.0)
    monkeypatch.setattr(steering, "NAP", 0.01)
    settings = Settings(batch_size=5, limits=Limits(lock_waits=3))
    assert undo(place, run_id, settings=settings).restored == 10
    assert seen == [(9, 0), (9, 0), (9, 0), (0, 0), (0, 5), (0, 10)]


def test_undoing_is_refused_limits_that_cannot_be_told(place: TablePlace, url: str) -> None:
    if url.startswith("postgresql"):
        pytest.skip("they can be told there")
    run_id = run(place)
    with pytest.raises(UsageError, match="--max-lock-waits: "):
        undo(place, run_id, settings=Settings(limits=Limits(lock_waits=3)))
    assert place.undo_size(run_id).rows == 10
