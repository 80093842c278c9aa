"""Worker processes over a user's table whose database goes away."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import create_engine, insert, select

from fixtures.outage import Outage
from fixtures.postgres import PostgresServer
from kconv._pipeline import Pipeline
from kconv.place import open_named
from kconv_migrations._migration import Settings, WorkerExecutor, migrate, plan, undo
from places.named_place import table
from places.shop import order

COUNT = 300


def test_workers_wait_for_a_database_that_comes_back(
    make_database: Callable[[str], str], postgres_server: PostgresServer
) -> None:
    url = make_database("postgresql")
    engine = create_engine(url)
    table.metadata.create_all(engine)

    def rows() -> list[tuple[int, int, str]]:
        with engine.connect() as connection:
            found = connection.execute(select(table).order_by(table.c.id)).all()
        return [(row.id, row.version, row.document) for row in found]

    with engine.begin() as connection:
        versions = {at: 1 + at % 2 for at in range(1, COUNT + 1)}
        connection.execute(
            insert(table),
            [
                {"id": at, "document": json.dumps(order(version, f"b-{at}")), "version": version}
                for at, version in versions.items()
            ],
        )
    before = rows()
    engine.dispose()
    place = open_named("places.named_place:orders", url)
    pipeline = Pipeline(place.scheme)
    outage = Outage(postgres_server)
    targets = plan(place, ["orders"])
    with WorkerExecutor(3, place, pipeline, ["orders"]) as executor:
        settings = Settings(batch_size=20, outage=30)
        (outcome,) = migrate(place, pipeline, targets, settings, outage.follow, executor)
    outage.end()
    assert outage.said
    assert outcome.done
    assert [(at, version, json.loads(document)) for at, version, document in rows()] == [
        (at, 3, order(3, f"b-{at}")) for at in versions
    ]
    assert undo(place, outcome.run).restored == COUNT
    assert rows() == before
    place.close()
    engine.dispose()
