"""Tables of a user's own: where the version is, what keys are, which rows, what is left alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
    create_engine,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kconv._errors import UsageError
from kconv._pipeline import Pipeline
from kconv.place import NO_VERSION, OBJECTS, NewData, Where
from kconv.sqlalchemy import Field, TableCollection, TablePlace, collection
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import (
    Outcome,
    Settings,
    WorkerExecutor,
    hold,
    migrate,
    plan,
    status,
    undo,
    verify,
)
from places.shop import GROUP, V1, V2, V3, VERSIONS, order, register, shape

ADA, BOB, CYD = "ada", "bob", "cyd"


@dataclass
class Shop:
    """A table of orders in a database that has kconv's tables."""

    url: str
    engine: Engine

    @property
    def sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def table(self, *columns: Column[Any], key: Column[Any] | None = None) -> Table:
        first = Column("id", Integer, primary_key=True) if key is None else key
        made = Table("orders", MetaData(), first, *columns)
        made.metadata.create_all(self.engine)
        return made

    def fill(self, table: Table, *rows: dict[str, Any]) -> None:
        with self.engine.begin() as connection:
            for row in rows:
                connection.execute(insert(table), row)

    def rows(self, table: Table) -> list[Any]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(select(table).order_by(table.c[0]))]


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> Iterator[Shop]:
    url = make_database(request.param)
    engine = create_engine(url)
    yield Shop(url, engine)
    engine.dispose()


def declared(table: Any, **said: Any) -> TableCollection:
    chosen: dict[str, Any] = {
        "key": "id",
        "document": "document",
        "version": "version",
        "stored": 3,
    } | said
    chosen.setdefault("versions", VERSIONS)
    return collection("orders", table=table, scheme=register, **chosen)


def run(place: TablePlace, *to: str, pipeline: Pipeline | None = None, **settings: Any) -> Outcome:
    used = pipeline or Pipeline(place.scheme)
    (outcome,) = migrate(place, used, plan(place, ["orders"], to), Settings(**settings))
    return outcome


def counts(place: TablePlace) -> dict[str, int]:
    return {each.version: each.rows for each in place.counts()}


def text(document: dict[str, Any]) -> str:
    return json.dumps(document)


def test_a_version_column_with_a_mapping(shop: Shop) -> None:
    table = shop.table(Column("document", Text), Column("version", Integer))
    rows = [
        {"id": 1, "document": text(order(1, ADA)), "version": 1},
        {"id": 2, "document": text(order(2, BOB, 250)), "version": 2},
        {"id": 3, "document": text(order(3, CYD)), "version": 3},
    ]
    shop.fill(table, *rows)
    before = shop.rows(table)
    place = TablePlace(shop.url, [declared(table)])
    assert counts(place) == {V1: 1, V2: 1, V3: 1}
    outcome = run(place)
    assert (outcome.objects, outcome.done, sorted(outcome.dropped)) == (2, True, [V1, V2])
    assert [(key, json.loads(held), version) for key, held, version in shop.rows(table)] == [
        (1, order(3, ADA), 3), (2, order(3, BOB, 250), 3), (3, order(3, CYD), 3),
    ]  # fmt: skip
    (verified,) = verify(place, InProcessExecutor(place, Pipeline(place.scheme)))
    assert (verified.objects, verified.compared, verified.failures) == (3, 2, [])
    assert undo(place, outcome.run).restored == 2
    assert shop.rows(table) == before
    assert counts(place) == {V1: 1, V2: 1, V3: 1}
    place.close()


def test_several_values_for_a_version_are_given_back_as_they_were(shop: Shop) -> None:
    table = shop.table(Column("document", Text), Column("version", String(10)))
    versions = {"one": VERSIONS[1], "1": VERSIONS[1], "2": VERSIONS[2], "3": VERSIONS[3]}
    shop.fill(
        table,
        {"id": 1, "document": text(order(1, ADA)), "version": "1"},
        {"id": 2, "document": text(order(1, BOB)), "version": "one"},
    )
    before = shop.rows(table)
    place = TablePlace(shop.url, [declared(table, versions=versions, stored="3")])
    assert counts(place)[V1] == 2
    outcome = run(place)
    assert (outcome.objects, [row[2] for row in shop.rows(table)]) == (2, ["3", "3"])
    assert undo(place, outcome.run).restored == 2
    assert shop.rows(table) == before
    place.close()


def test_a_version_in_a_field_of_the_document(shop: Shop) -> None:
    """The types know nothing of the field: it is taken out, and put in again."""
    table = shop.table(Column("document", JSON))
    shop.fill(
        table,
        {"id": 1, "document": {"v": 1, **order(1, ADA)}},
        {"id": 2, "document": {**order(2, BOB), "v": 2}},
        {"id": 3, "document": {"v": 3, **order(3, CYD)}},
        {"id": 4, "document": {"v": 9, **order(3, CYD)}},
    )
    before = shop.rows(table)
    place = TablePlace(shop.url, [declared(table, version=Field("v"))])
    assert counts(place) == {V1: 1, V2: 1, V3: 1, "(9)": 1}
    outcome = run(place)
    assert (outcome.objects, [each.key for each in outcome.failures]) == (2, [(4,)])
    assert [row[1] for row in shop.rows(table)[:3]] == [
        {"v": 3, **order(3, name)} for name in (ADA, BOB, CYD)
    ]
    (verified,) = verify(place, InProcessExecutor(place, Pipeline(place.scheme)))
    assert (verified.compared, [each.key for each in verified.failures]) == (2, [(4,)])
    assert undo(place, outcome.run).restored == 2
    assert shop.rows(table) == before
    place.close()


def test_rows_without_a_version_are_told_by_their_shape_and_stamped(shop: Shop) -> None:
    table = shop.table(Column("document", Text), Column("version", Integer))
    shop.fill(
        table,
        {"id": 1, "document": text(order(1, ADA)), "version": None},
        {"id": 2, "document": text(order(2, BOB)), "version": None},
        {"id": 3, "document": text(order(3, CYD)), "version": None},
        {"id": 4, "document": text(order(2, CYD)), "version": 2},
    )
    before = shop.rows(table)
    place = TablePlace(shop.url, [declared(table, shape=shape)])
    assert counts(place) == {"(none)": 3, V1: 0, V2: 1, V3: 0}
    outcome = run(place)
    assert (outcome.objects, outcome.done) == (4, True)
    assert sorted(outcome.dropped) == ["(none)", V1, V2]
    assert [(json.loads(row[1]), row[2]) for row in shop.rows(table)] == [
        (order(3, name), 3) for name in (ADA, BOB, CYD, CYD)
    ]
    assert undo(place, outcome.run).restored == 4
    assert shop.rows(table) == before
    assert counts(place)["(none)"] == 3
    place.close()


def test_a_version_that_only_the_shape_tells(shop: Shop) -> None:
    table = shop.table(Column("document", JSON))
    shop.fill(
        table,
        *({"id": at, "document": order(1 + at % 3, f"buyer-{at}")} for at in range(1, 31)),
        {"id": 31, "document": {"nothing": "known"}},
        {"id": 32, "document": ["no", "object"]},
        {"id": 33, "document": None},
    )
    place = TablePlace(shop.url, [declared(table, version=None, shape=shape)])
    assert counts(place) == {V1: 10, V2: 10, V3: 10, "(none)": 1, "(unreadable)": 2}
    outcome = run(place, batch_size=4)
    assert outcome.objects == 20
    assert sorted(each.key for each in outcome.failures) == [(31,), (32,), (33,)]
    assert [row[1] for row in shop.rows(table)[:30]] == [
        order(3, f"buyer-{at}") for at in range(1, 31)
    ]
    place.close()


def keys_of(sort: str, sqlite: bool) -> tuple[list[Column[Any]], Callable[[int], dict[str, Any]]]:
    """Key columns of a sort, and what is in them of the so-manieth row."""
    if sort == "uuid":
        return [Column("id", Uuid, primary_key=True)], lambda at: {"id": UUID(int=at * 7919)}
    if sort == "moment":
        zone = None if sqlite else UTC
        moments = Column("id", DateTime(timezone=not sqlite), primary_key=True)
        return [moments], lambda at: {"id": datetime(2026, 1, 1, 0, at, 59, 123456, tzinfo=zone)}
    if sort == "decimal":
        numbers = Column("id", Numeric(12, 2, asdecimal=True), primary_key=True)
        return [numbers], lambda at: {"id": Decimal(at) / 4}
    if sort == "bytes":
        return [Column("id", LargeBinary, primary_key=True)], lambda at: {"id": bytes([at, 0, 255])}
    if sort == "text":
        return [Column("id", Text, primary_key=True)], lambda at: {"id": f"Ä/{at}'\"\\ Z"}
    several: list[Column[Any]] = [
        Column("id", Text, primary_key=True),
        Column("part", Integer, primary_key=True),
        Column("main", Boolean, primary_key=True),
    ]
    return several, lambda at: {"id": "aBcÄ"[at % 4], "part": -at, "main": at % 2 == 0}


@pytest.mark.filterwarnings("ignore:Dialect sqlite.*does \\*not\\* support Decimal")
@pytest.mark.parametrize("sort", ["uuid", "moment", "decimal", "bytes", "text", "several"])
def test_keys_of_any_types(shop: Shop, sort: str) -> None:
    columns, made = keys_of(sort, shop.sqlite)
    table = shop.table(
        *columns[1:], Column("document", Text), Column("version", Integer), key=columns[0]
    )
    names = [each.name for each in columns]
    shop.fill(
        table,
        *(
            {**made(at), "document": text(order(1, f"buyer-{at}")), "version": 1}
            for at in range(1, 24)
        ),
    )
    before = shop.rows(table)
    place = TablePlace(shop.url, [declared(table, key=names)])
    keys = []
    page = place.page(Where("orders"), other_than=V3, after=None, until=None, limit=5)
    while page:
        keys += [each.key for each in page]
        page = place.page(Where("orders"), other_than=V3, after=keys[-1], until=None, limit=5)
    assert len(set(keys)) == len(keys) == 23
    assert json.loads(json.dumps(keys)) == [list(key) for key in keys]
    outcome = run(place, batch_size=4)
    assert (outcome.objects, outcome.done) == (23, True)
    assert {row[-1] for row in shop.rows(table)} == {3}
    assert undo(place, outcome.run).restored == 23
    assert sorted(shop.rows(table), key=str) == sorted(before, key=str)
    place.close()


def test_only_rows_of_the_collection(shop: Shop) -> None:
    table = shop.table(Column("document", Text), Column("version", Integer), Column("sort", Text))
    shop.fill(
        table,
        {"id": 1, "document": text(order(1, ADA)), "version": 1, "sort": "order"},
        {"id": 2, "document": "not even JSON", "version": 1, "sort": "invoice"},
        {"id": 3, "document": text(order(1, BOB)), "version": 1, "sort": "order"},
    )
    place = TablePlace(shop.url, [declared(table, where=lambda table: table.c.sort == "order")])
    assert counts(place)[V1] == 2
    outcome = run(place)
    assert (outcome.objects, outcome.done) == (2, True)
    assert shop.rows(table)[1][1:3] == ("not even JSON", 1)
    assert undo(place, outcome.run).restored == 2
    place.close()


def test_a_version_that_nobody_declared_fails_row_by_row(shop: Shop) -> None:
    table = shop.table(Column("document", Text), Column("version", Integer))
    shop.fill(
        table,
        {"id": 1, "document": text(order(1, ADA)), "version": 1},
        {"id": 2, "document": text(order(1, BOB)), "version": 7},
        {"id": 3, "document": text(order(1, BOB)), "version": None},
    )
    place = TablePlace(shop.url, [declared(table)])
    assert counts(place) == {V1: 1, V2: 0, V3: 0, "(7)": 1, "(none)": 1}
    outcome = run(place)
    assert (outcome.objects, outcome.done) == (1, False)
    assert sorted(each.key for each in outcome.failures) == [(2,), (3,)]
    place.close()


def test_jsonb_keeps_values_and_undo_restores_values(make_database: Callable[[str], str]) -> None:
    url = make_database("postgresql")
    shop = Shop(url, create_engine(url))
    table = shop.table(Column("document", JSONB), Column("version", Integer))
    shop.fill(table, {"id": 1, "document": order(1, ADA), "version": 1})
    before = shop.rows(table)
    place = TablePlace(url, [declared(table)])
    outcome = run(place)
    with shop.engine.begin() as connection:  # the same value, spelled otherwise
        connection.exec_driver_sql(
            "UPDATE orders SET document = jsonb_set(document, '{cents}', '1e2')"
        )
    assert undo(place, outcome.run).restored == 1
    assert shop.rows(table) == before
    place.close()
    shop.engine.dispose()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_read_the_table(shop: Shop, method: Any) -> None:
    table = shop.table(Column("document", Text), Column("version", Integer))
    shop.fill(
        table,
        *(
            {"id": at, "document": text(order(1, f"buyer-{at}")), "version": 1}
            for at in range(1, 101)
        ),
    )
    from kconv.place import open_named

    place = open_named("places.named_place:orders", shop.url)
    pipeline = Pipeline(place.scheme)
    targets = plan(place, ["orders"])
    with WorkerExecutor(3, place, pipeline, ["orders"], method=method) as executor:
        (outcome,) = migrate(place, pipeline, targets, Settings(batch_size=7), executor=executor)
    assert (outcome.objects, outcome.done) == (100, True)
    assert {row[2] for row in shop.rows(table)} == {3}
    place.close()


class Base(DeclarativeBase):
    pass


class MappedOrder(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    changed: Mapped[int] = mapped_column(default=0, onupdate=1)

    __mapper_args__ = {"version_id_col": changed}


def test_a_mapped_class_and_what_it_does_on_updates(shop: Shop) -> None:
    """A run writes the document and the version, and nothing else that the model declares."""
    Base.metadata.create_all(shop.engine)
    table: Any = MappedOrder.__table__
    shop.fill(table, {"id": 1, "document": text(order(1, ADA)), "version": 1, "changed": 5})
    place = TablePlace(shop.url, [declared(MappedOrder)])
    assert run(place).done
    assert [row[2:] for row in shop.rows(table)] == [(3, 5)]
    place.close()


def test_two_collections_and_the_store_share_a_database(shop: Shop) -> None:
    first = shop.table(Column("document", Text), Column("version", Integer))
    second = Table(
        "archive", MetaData(), Column("id", Integer, primary_key=True),
        Column("document", Text), Column("version", Integer),
    )  # fmt: skip
    second.metadata.create_all(shop.engine)
    shop.fill(first, {"id": 1, "document": text(order(1, ADA)), "version": 1})
    shop.fill(second, {"id": 1, "document": text(order(1, BOB)), "version": 1})
    from kconv import Scheme

    scheme = Scheme()
    register(scheme)
    both = [
        collection(
            name, key="id", document="document", version="version", versions=VERSIONS, stored=3,
            table=table, scheme=scheme,
        )
        for name, table in (("orders", first), ("archive", second))
    ]  # fmt: skip
    place = TablePlace(shop.url, both)
    pipeline = Pipeline(place.scheme)
    targets = plan(place, (), [f"{GROUP}=v2"])
    assert [each.name for each in targets] == ["archive", "orders"]
    outcomes = list(migrate(place, pipeline, targets))
    assert [(each.objects, each.done) for each in outcomes] == [(1, True), (1, True)]
    assert undo(place, outcomes[0].run).restored == 2
    from kconv._scheme import load_scheme
    from kconv._store import Server, StorePlace, open_store

    store = open_store(shop.url)
    assert [each.name for each in status(StorePlace(store, load_scheme()))] == []
    # A server that knows nothing of orders may be up on the same database.
    store.register(Server("s", "1.0", "host", 1, (("batch", "cronjobs", "batch/v1"),)))
    assert store.heartbeat("s")
    with pytest.raises(UsageError, match="other"):
        undo(StorePlace(store, load_scheme()), place.runs()[0].id)
    store.close()
    place.close()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "stored": ({"stored": 9}, r"stored=9 is none of \[1, 2, 3\]"),
    "no version": ({"version": None}, "say where the version is"),
    "no key": ({"key": ()}, "it needs a key"),
    "no column": ({"document": "body"}, "the table orders has no column body"),
    "constraint": ({"version": Field("v"), "constraint": True}, "needs a version column"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_declarations_that_cannot_be_right(wrong: str) -> None:
    said, message = WRONG[wrong]
    table = Table(
        "orders", MetaData(), Column("id", Integer, primary_key=True),
        Column("document", Text), Column("version", Integer),
    )  # fmt: skip
    with pytest.raises(UsageError, match=message):
        declared(table, **said)
    with pytest.raises(UsageError, match="neither a table nor mapped"):
        declared(object())


def test_nothing_of_the_users_is_touched_by_the_upgrade(shop: Shop) -> None:
    table = shop.table(Column("document", Text), Column("version", Integer))
    with shop.engine.connect() as connection:
        names = set(connection.dialect.get_table_names(connection))
        assert connection.scalar(select(func.count()).select_from(table)) == 0
    assert {name for name in names if not name.startswith("kconv_")} == {"orders"}
    assert OBJECTS == "objects"


def test_the_first_of_two_before_images_of_a_run_stays(shop: Shop) -> None:
    """As it was spelled then, and not as the run itself had spelled it in between."""
    table = shop.table(Column("document", Text), Column("version", Integer))
    shop.fill(
        table,
        {"id": 1, "document": text(order(1, ADA)), "version": 1},
        {"id": 2, "document": text(order(2, BOB)), "version": 2},
    )
    before = shop.rows(table)
    place = TablePlace(shop.url, [declared(table)])
    pipeline = Pipeline(place.scheme)
    kind = place.collections()[0]
    where = Where("orders")
    with hold(place, []) as held:
        for version in (V3, V2, V3):
            page = place.page(where, other_than=NO_VERSION, after=None, until=None, limit=9)
            items = []
            for row in page:
                spoke, target = kind.spoke(row.version), kind.spoke(version)
                assert spoke is not None
                assert target is not None
                data = pipeline.convert(row.data, target.group_version, spoke=spoke)
                items.append(NewData(row, version, data))
            assert place.write(where, items, run=held.id, keep_before_images=True) == 2
        held.ending = "done"
    with hold(place, []) as other:
        done = place.restore(held.id, after=None, limit=9, live=None, held=other.id)
    assert (done.restored, done.written) == (2, ())
    assert shop.rows(table) == before
    place.close()
