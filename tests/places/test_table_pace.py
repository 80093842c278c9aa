"""On PostgreSQL, a run over a table sees who else writes to it, and leaves them room."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, insert, text

from kconv._pipeline import Pipeline
from kconv.place import NewData, Place, Where, open_named
from kconv.sqlalchemy import TablePlace
from kconv_migrations._migration import Settings, hold, migrate, plan
from kconv_migrations._migration import steering as steering_module
from kconv_migrations._migration.pace import Pace
from places.named_place import orders, table
from places.shop import V3, order

COUNT = 300


@pytest.fixture
def url(make_database: Callable[[str], str]) -> str:
    return make_database("postgresql")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(url)
    table.create(made)
    rows = [
        {"id": at, "document": json.dumps(order(1, f"buyer-{at}")), "version": 1}
        for at in range(COUNT)
    ]
    with made.begin() as connection:
        connection.execute(insert(table), rows)
    yield made
    made.dispose()


@pytest.fixture
def place(url: str, engine: Engine) -> Iterator[Place]:
    found = open_named("places.named_place:orders", url)
    yield found
    found.close()


def test_who_counts_as_a_writer(place: Place, url: str, engine: Engine) -> None:
    """Whoever writes to the table, but for sessions of kconv, and for those that read."""

    def found(statement: str, by: Engine = engine) -> bool:
        before = place.written()
        with by.connect() as connection:
            connection.execute(text(statement))
            within = place.written()
        return within != before

    assert place.written() == place.written()
    assert not found("SELECT * FROM orders")
    assert not found("CREATE TABLE other (id integer); INSERT INTO other VALUES (1)")
    assert found("UPDATE orders SET version = version WHERE id = 1")
    assert found("INSERT INTO orders VALUES (1000, '{}', 3)")
    assert found("DELETE FROM orders WHERE id = 2")
    assert place.written() == place.written()
    own = create_engine(url, connect_args={"application_name": "kconv"})
    assert not found("UPDATE orders SET version = version WHERE id = 1", own)
    own.dispose()


def test_what_a_run_writes_itself_does_not_count(place: Place) -> None:
    where = Where("orders")
    place.prefer([("orders", V3)], live=None)
    rows = place.page(where, other_than=V3, after=None, until=None, limit=5)
    new = json.dumps(order(3, "ada")).encode()
    before = place.written()
    with hold(place, []) as run:
        items = [NewData(row, V3, new) for row in rows]
        assert place.write(where, items, run=run.id, keep_before_images=True) == 5
        assert place.written() == before


@pytest.mark.parametrize("busy", [False, True])
def test_a_run_leaves_room_to_writers(
    place: Place, engine: Engine, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    paces: list[Pace] = []

    class Noted(Pace):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            paces.append(self)
            super().__init__(*arguments, **named)

    monkeypatch.setattr(steering_module, "Pace", Noted)
    targets = plan(place, ["orders"])
    with engine.connect() as connection:
        if busy:
            # It has not committed yet, and holds nothing that the run needs.
            connection.execute(insert(table).values(id=-1, document="{}", version=3))
        settings = Settings(batch_size=20)
        (outcome,) = migrate(place, Pipeline(place.scheme), targets, settings)
    assert (outcome.objects, outcome.done) == (COUNT, True)
    (pace,) = paces
    assert (pace.rested > 0) is busy


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_where_workers_of_a_cluster_may_write(
    make_database: Callable[[str], str], kind: str
) -> None:
    """Where several can, and other processes can open the place."""
    url = make_database(kind)
    named, here = open_named("places.named_place:orders", url), TablePlace(url, [orders])
    assert named.writes_elsewhere is (kind == "postgresql")
    assert not here.writes_elsewhere
    named.close()
    here.close()
