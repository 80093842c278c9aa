"""Documents through their column: any version in, one out, the version on record to the table."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    event,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, aliased, defer, undefer
from sqlalchemy.pool import NullPool

from application.models import BETWEEN, NEW, OLD, TYPES, Model, make
from kconv import Document, DocumentHub, Edge, Functions, Lose, Scheme
from kconv._errors import ConversionError, DecodeError, InvalidObject, UsageError
from kconv.fields import String
from kconv.sqlalchemy import _record, collection
from kconv_migrations._tables import upgrade
from shop.versions import OrderV1, OrderV2


def sqlalchemy_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    found = create_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    yield found
    found.dispose()


@pytest.fixture(params=["column", "field", "shape"])
def model(request: pytest.FixtureRequest, engine: Engine) -> Model:
    found = make(request.param)
    found.mapped.metadata.create_all(engine)
    return found


@pytest.fixture
def orders(engine: Engine) -> Model:
    found = make("column")
    found.mapped.metadata.create_all(engine)
    return found


def put(engine: Engine, model: Model, number: int, document: Any, version: int | None) -> None:
    """A row as an older release has written it."""
    with engine.begin() as connection:
        data = json.dumps(model.stored(document, version) if version else document)
        columns, values = "id, document", ":id, :document"
        if model.kind == "column":
            columns, values = f"{columns}, schema_version", f"{values}, :version"
        connection.execute(
            text(f"INSERT INTO orders ({columns}) VALUES ({values})"),
            {"id": number, "document": data, "version": version},
        )


def raw(engine: Engine, number: int) -> dict[str, Any]:
    """A row as it is."""
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM orders WHERE id = :id"), {"id": number}).one()
    found = dict(row._mapping)
    document = found["document"]
    if isinstance(document, memoryview | bytes):
        document = bytes(document).decode()
    if isinstance(document, str):
        found["document"] = json.loads(document)
    return found


def prefer(engine: Engine, version: str) -> None:
    """What a migration does to the record."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM kconv_storage_versions"))
        for each in ("v1", "v2", "v3"):
            connection.execute(
                text("INSERT INTO kconv_storage_versions VALUES ('@table', 'orders', :v, :p)"),
                {"v": f"shop.example.com/{each}", "p": each == version},
            )


def test_any_version_is_read_as_the_one_wanted(engine: Engine, model: Model) -> None:
    put(engine, model, 1, OLD, 1)
    put(engine, model, 2, {**BETWEEN, "address": {"city": "Rome"}}, 2)
    put(engine, model, 3, {**NEW, "labels": {"a": "b"}}, 3)
    with Session(engine) as session:
        found = [each.document for each in session.scalars(select(model.mapped)).all()]
        assert found == [
            NEW,
            {**NEW, "shipTo": {"city": "Rome"}},
            {**NEW, "labels": {"a": "b"}},
        ]
        assert all(isinstance(each, dict) for each in found)


def test_rows_without_a_version_are_told_by_their_shape(engine: Engine, model: Model) -> None:
    put(engine, model, 1, OLD, None)
    with Session(engine) as session:
        assert session.get_one(model.mapped, 1).document == NEW


def test_reading_costs_no_query(engine: Engine, model: Model) -> None:
    upgrade(engine.url.render_as_string(hide_password=False))
    put(engine, model, 1, OLD, 1)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with Session(engine) as session:
        found = session.get_one(model.mapped, 1)
        assert found.document["cents"] == 150
        assert found.v2["cents"] == 150
    assert len(statements) == 1


def test_what_is_written_is_the_version_on_record(engine: Engine, model: Model) -> None:
    upgrade(engine.url.render_as_string(hide_password=False))
    prefer(engine, "v1")
    with Session(engine) as session:
        session.add(model.mapped(id=1, document={**NEW, "labels": {"a": "b"}}))
        session.commit()
        assert session.get_one(model.mapped, 1).document == {**NEW, "labels": {"a": "b"}}
    found = raw(engine, 1)
    kept = {"_kept": {"labels": {"a": "b"}}}
    assert found["document"] == model.stored({**OLD, **kept}, 1)
    assert found.get("schema_version", 1) == 1


def test_the_record_is_read_rarely(
    engine: Engine, orders: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(engine.url.render_as_string(hide_password=False))
    prefer(engine, "v1")
    asked: list[str] = []

    def listen(*given: Any) -> None:
        if "kconv_storage_versions" in given[2] and given[2].startswith("SELECT kconv"):
            asked.append(given[2])

    event.listen(engine, "before_cursor_execute", listen)
    with Session(engine) as session:
        for number in range(4):
            session.add(orders.mapped(id=number, document=dict(NEW)))
            session.commit()
        assert len(asked) == 1
        prefer(engine, "v2")
        monkeypatch.setattr(_record, "RECORD_AGE", 0.0)
        session.add(orders.mapped(id=9, document=dict(NEW)))
        session.commit()
    assert [raw(engine, number)["schema_version"] for number in (0, 3, 9)] == [1, 1, 2]


def test_without_kconvs_tables_new_rows_are_in_the_version_that_was_declared(
    engine: Engine, orders: Model
) -> None:
    with Session(engine) as session:
        session.add(orders.mapped(id=1, document=dict(NEW)))
        session.commit()
        session.add(orders.mapped(id=2, document=None))
        session.commit()
    assert raw(engine, 1)["schema_version"] == 3
    assert raw(engine, 2)["document"] is None


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["items"][0].__setitem__("count", 5),
        lambda d: d["items"].append({"sku": "y"}),
        lambda d: d["items"].__setitem__(0, {"sku": "z"}),
        lambda d: d["items"].clear(),
        lambda d: d["items"].extend([{"sku": "y"}, {"sku": "z"}]),
        lambda d: d["items"].insert(0, {"sku": "y"}),
        lambda d: d["items"].pop(),
        lambda d: d["items"].remove({"sku": "x", "count": 1}),
        lambda d: d["items"].reverse(),
        lambda d: d["items"].sort(key=lambda each: each["sku"]),
        lambda d: d["items"].__delitem__(0),
        lambda d: d["items"].__iadd__([{"sku": "y"}]),
        lambda d: d["items"].__imul__(2),
        lambda d: next(iter(d["items"])).update(count=7),
        lambda d: d["items"][:1][0].update(count=7),
        lambda d: next(reversed(d["items"])).update(count=7),
        lambda d: d.get("items")[0].update(count=7),
        lambda d: dict(d.items())["items"][0].pop("count"),
        lambda d: list(d.values())[1][0].setdefault("count", 7),
        lambda d: d.setdefault("labels", {}).update(a="b"),
        lambda d: d.setdefault("shipTo", {}).setdefault("city", "Rome"),
        lambda d: d.update(customer="bob"),
        lambda d: d.__ior__({"customer": "bob"}),
        lambda d: d.pop("cents"),
        lambda d: d.__delitem__("currency"),
        lambda d: d.popitem(),
        lambda d: d["shipTo"].clear(),
    ],
)
def test_changes_at_any_depth_are_written(sqlite_url: str, change: Any) -> None:
    engine = create_engine(sqlite_url)
    model = make("column")
    model.mapped.metadata.create_all(engine)
    document = {"shipTo": {"city": "Oslo"}, **NEW}
    put(engine, model, 1, document, 3)
    with Session(engine) as session:
        found = session.get_one(model.mapped, 1)
        change(found.document)
        expected = json.loads(json.dumps(found.document))
        session.commit()
    written = raw(engine, 1)["document"]
    for each in expected.get("items", ()):
        each.setdefault("count", 1)
    assert written == expected
    engine.dispose()


def test_what_is_only_read_is_not_written(engine: Engine, model: Model) -> None:
    put(engine, model, 1, OLD, 1)
    before = raw(engine, 1)
    with Session(engine) as session:
        found = session.get_one(model.mapped, 1)
        assert found.document["items"][0].get("sku") == "x"
        assert list(found.document["items"]) == NEW["items"]
        json.dumps(found.document)
        assert not session.dirty
        found.note = "seen"
        session.commit()
    assert raw(engine, 1) == {**before, "note": "seen"}


def test_changes_of_lists_and_objects_that_were_assigned_are_seen(
    engine: Engine, orders: Model
) -> None:
    with Session(engine) as session:
        order = orders.mapped(id=1, document={"customer": "ada", "items": [{"sku": "x"}]})
        order.document["items"][0]["count"] = 2
        session.add(order)
        session.flush()
        order.document["items"][0]["count"] = 3
        session.flush()
        order.document["labels"] = {"a": "b"}
        session.flush()
        order.document["labels"]["a"] = "c"
        session.commit()
        other = orders.mapped(id=2, document=order.document)
        session.add(other)
        other.document["customer"] = "bob"
        session.commit()
    items = [{"sku": "x", "count": 3}]
    assert raw(engine, 1)["document"] == {
        "customer": "ada", "items": items, "labels": {"a": "c"},
    }  # fmt: skip
    assert raw(engine, 2)["document"]["customer"] == "bob"


def test_rollback_and_refresh_give_the_row_back(engine: Engine, orders: Model) -> None:
    put(engine, orders, 1, OLD, 1)
    with Session(engine) as session:
        found = session.get_one(orders.mapped, 1)
        found.document["customer"] = "bob"
        session.flush()
        assert raw_in(session, 1) == (3, "bob")
        session.rollback()
        assert found.document["customer"] == "ada"
        found.document["customer"] = "eve"
        session.refresh(found)
        assert found.document == NEW
        found.document["customer"] = "eve"
        session.commit()
    assert raw(engine, 1)["document"]["customer"] == "eve"


def raw_in(session: Session, number: int) -> tuple[int, str]:
    statement = text("SELECT schema_version, document FROM orders WHERE id = :id")
    version, document = session.execute(statement, {"id": number}).one()
    return version, (json.loads(document) if isinstance(document, str) else document)["customer"]


def test_deferred_pickled_and_merged(engine: Engine, orders: Model) -> None:
    put(engine, orders, 1, OLD, 1)
    with Session(engine) as session:
        statement = select(orders.mapped).options(defer(orders.mapped.document))
        found = session.scalars(statement).one()
        assert found.document == NEW
        assert (
            session.scalars(select(orders.mapped).options(undefer(orders.mapped.document)))
            .one()
            .document
            == NEW
        )
        document = pickle.loads(pickle.dumps(found.document))
        assert document == NEW
        session.expunge(found)
        found.document["customer"] = "bob"
        session.merge(found)
        session.commit()
    assert raw(engine, 1)["document"]["customer"] == "bob"


def test_in_a_version_more(engine: Engine, model: Model) -> None:
    put(engine, model, 1, OLD, 1)
    with Session(engine) as session:
        found = session.get_one(model.mapped, 1)
        between = found.v2
        assert between == BETWEEN
        between["customer"] = "bob"
        assert not session.dirty
        found.v2 = {**between, "address": {"city": "Rome"}}
        assert found.document["shipTo"] == {"city": "Rome"}
        session.commit()
        found.v2 = None
        assert found.v2 is None
        session.rollback()
    assert raw(engine, 1)["document"]["customer"] == "bob"
    assert model.mapped.v2.as_ is OrderV2


def test_core(engine: Engine, model: Model) -> None:
    table, orders = model.orders.table, model.orders
    put(engine, model, 1, OLD, 1)
    with engine.begin() as connection:
        assert connection.scalar(select(table.c.document)) == NEW
        values = orders.values({"customer": "bob"}, connection)
        connection.execute(insert(table).values(id=2, **values))
        rows = [
            {"id": number, **orders.values({"customer": str(number)}, connection)}
            for number in (3, 4)
        ]
        connection.execute(insert(table), rows)
        old = orders.values({**OLD, "customer": "eve"}, connection, as_=OrderV1)
        connection.execute(update(table).where(table.c.id == 1).values(**old))
        statement = insert(table).values(id=5, **values).returning(table.c.document)
        assert connection.scalar(statement) == {"customer": "bob"}
        found = connection.execute(select(table.c.id, table.c.document).order_by(table.c.id)).all()
    assert [tuple(each) for each in found] == [
        (1, {**NEW, "customer": "eve"}),
        (2, {"customer": "bob"}),
        (3, {"customer": "3"}),
        (4, {"customer": "4"}),
        (5, {"customer": "bob"}),
    ]
    assert raw(engine, 1).get("schema_version", 3) == 3


def test_in_a_statement_a_document_needs_its_version(engine: Engine, orders: Model) -> None:
    table = orders.orders.table
    with Session(engine) as session:
        for statement in (
            insert(table).values(id=1, document={"customer": "bob"}),
            insert(orders.mapped).values(id=1, document={"customer": "bob"}),
            update(orders.mapped).values(document={"customer": "bob"}),
        ):
            with pytest.raises(StatementError, match=r"\.values\(\*\*collection\.values"):
                session.execute(statement)
            session.rollback()
        session.execute(
            update(orders.mapped).values(**orders.orders.values({"customer": "x"}, session))
        )


def test_aliases_joins_and_subqueries(engine: Engine, model: Model) -> None:
    put(engine, model, 1, OLD, 1)
    put(engine, model, 2, NEW, 3)
    mapped, table = model.mapped, model.orders.table
    other = aliased(mapped)
    with Session(engine) as session:
        statement = select(mapped.document, other.document).join(other, other.id == mapped.id + 1)
        assert [tuple(each) for each in session.execute(statement)] == [(NEW, NEW)]
        assert session.scalars(select(other).where(other.id == 1)).one().document == NEW
        inner = select(table).where(table.c.id < 5).subquery()
        statement = select(inner.c.document).order_by(inner.c.id)
        assert session.scalars(statement).all() == [NEW, NEW]
        within = select(table).where(table.c.id < 5).cte()
        assert session.scalars(select(within.c.document)).all() == [NEW, NEW]


def test_a_subquery_without_the_version_is_refused(engine: Engine, orders: Model) -> None:
    put(engine, orders, 1, OLD, 1)
    table = orders.orders.table
    inner = select(table.c.id, table.c.document).subquery()
    with Session(engine) as session, pytest.raises(UsageError, match="has no schema_version"):
        session.scalars(select(inner.c.document)).all()


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_column(engine: Engine, kind: str) -> None:
    for where in ("column", "field"):
        model = make(where, TYPES[kind]())
        model.mapped.metadata.create_all(engine)
        document = {**NEW, "customer": "å", "labels": {'"\\': "{ 1}"}, "placedAt": None}
        with Session(engine) as session:
            session.add(model.mapped(id=1, document=document))
            session.commit()
            found = session.get_one(model.mapped, 1)
            assert found.document == document
            found.document["customer"] = "ü"
            session.commit()
            assert session.scalar(select(model.mapped.document)) == {**document, "customer": "ü"}
        assert raw(engine, 1)["document"] == model.stored({**document, "customer": "ü"}, 3)
        model.mapped.metadata.drop_all(engine)


def test_json_paths_are_those_of_what_is_stored(engine: Engine, orders: Model) -> None:
    put(engine, orders, 1, OLD, 1)
    path = orders.mapped.document["price"].as_string()
    with Session(engine) as session:
        assert session.scalar(select(path)) == "1.50 EUR"
        assert session.scalars(select(orders.mapped).where(path == "1.50 EUR")).one().id == 1


def test_invalid_documents_are_refused_by_the_flush(engine: Engine, model: Model) -> None:
    for document, error, said in (
        ({"items": []}, InvalidObject, "customer: Required value"),
        ({"customer": 1}, DecodeError, "customer"),
        ({"customer": "ada", "typo": 1}, DecodeError, 'unknown field "typo"'),
    ):
        with Session(engine) as session:
            session.add(model.mapped(id=1, document=document))
            with pytest.raises(error, match=said):
                session.flush()
    with pytest.raises(ValueError, match="does not accept objects of type"):
        model.mapped(id=1, document="text")


class GoneV1(Document):
    a = String()

    class Meta:
        group, version, kind = "gone.example.com", "v1", "Gone"


class GoneV2(Document):
    a = String()
    b = String()
    c = String()

    class Meta:
        group, version, kind = "gone.example.com", "v2", "Gone"


class Gone(DocumentHub):
    a = String()
    b = String()
    c = String()

    class Meta:
        group = "gone.example.com"


def register_gone(scheme: Scheme) -> None:
    def nothing(source: dict[str, Any], target: dict[str, Any]) -> None:
        """As an author may forget to write it."""

    rule = Functions(hub=("b",), to_hub=nothing, to_spoke=nothing)
    known = Lose(hub=("c",), reason="nobody needs it")
    scheme.add(Gone, Edge(GoneV1, rule, known), Edge(GoneV2), storage="gone.example.com/v2")


def test_what_the_version_on_record_would_lose_is_refused(engine: Engine) -> None:
    gone = collection(
        "gone",
        key="id",
        document="document",
        version="version",
        versions={1: GoneV1, 2: GoneV2},
        stored=1,
        scheme=register_gone,
    )
    columns = Column("id", Integer, primary_key=True), Column("version", Integer)
    table = gone.bind(
        Table("gone", MetaData(), *columns, Column("document", gone.column_type(as_=GoneV2)))
    )
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        said = "gone.example.com/v1, which documents are stored in, cannot hold all of it"
        with pytest.raises(ConversionError, match=f'{said}: b: "x" would be lost'):
            gone.values({"a": "y", "b": "x"}, connection)
        written = gone.values({"a": "y", "c": "x"}, connection)
        assert written["version"] == 1
        connection.execute(insert(table).values(id=1, **written))
        assert connection.scalar(select(table.c.document)) == {"a": "y"}


def test_a_version_that_nobody_declared_is_named(engine: Engine, orders: Model) -> None:
    put(engine, orders, 1, OLD, 7)
    with (
        Session(engine) as session,
        pytest.raises(DecodeError, match="is of version 7, which is none of 1, 2, 3"),
    ):
        session.get(orders.mapped, 1)


def test_a_record_beyond_this_code_is_named(engine: Engine, orders: Model) -> None:
    upgrade(engine.url.render_as_string(hide_password=False))
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO kconv_storage_versions VALUES ('@table', 'orders', 'shop/v9', true)")
        )
    with Session(engine) as session:
        session.add(orders.mapped(id=1, document=dict(NEW)))
        with pytest.raises(UsageError, match="deploy the code that has it"):
            session.flush()


async def _asynchronously(url: str, model: Model) -> list[Any]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with AsyncSession(engine, expire_on_commit=False) as session:
        session.add(model.mapped(id=2, document={"customer": "bob"}))
        await session.commit()
        found = await session.get_one(model.mapped, 1)
        found.document["items"].append({"sku": "y"})
        await session.commit()
        documents = (await session.scalars(select(model.mapped.document))).all()
    async with engine.begin() as connection:
        values = await connection.run_sync(
            lambda each: model.orders.values({"customer": "eve"}, each)
        )
        await connection.execute(insert(model.orders.table).values(id=3, **values))
        table = model.orders.table
        core = await connection.scalar(select(table.c.document).where(table.c.id == 3))
    await engine.dispose()
    return [*documents, core]


def test_asynchronously(engine: Engine, model: Model) -> None:
    upgrade(engine.url.render_as_string(hide_password=False))
    prefer(engine, "v2")
    put(engine, model, 1, OLD, 1)
    url = engine.url.render_as_string(hide_password=False).replace("sqlite:", "sqlite+aiosqlite:")
    found = asyncio.run(_asynchronously(url, model))
    items: list[Any] = [{"sku": "x", "count": 1}, {"sku": "y", "count": 1}]
    documents = {each["customer"]: each for each in found}
    assert documents == {
        "ada": {**NEW, "items": items},
        "bob": {"customer": "bob"},
        "eve": {"customer": "eve"},
    }
    assert raw(engine, 1).get("schema_version", 2) == 2
