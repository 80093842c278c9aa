"""What documents keep of other versions, in a column of its own beside that of the documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Engine,
    LargeBinary,
    Text,
    create_engine,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import NullPool

from kconv._errors import DecodeError, UsageError
from kconv.sqlalchemy import Field, TableCollection, collection
from kconv_migrations._migration import migrate, plan
from kconv_migrations._tables import upgrade
from places.shop import VERSIONS, OrderV1, OrderV3, register, shape

NEW: dict[str, Any] = {
    "buyer": "ada", "cents": 7, "lines": ["a"], "labels": {"gift": 'yes "ä" {'}
}  # fmt: skip
KEPT = {"labels": NEW["labels"]}


def model(
    type_: Any, kept_type: Any, version: str, as_: Any = OrderV3
) -> tuple[TableCollection, Any]:
    """Orders that are stored in their first version, which has no labels."""

    class Base(DeclarativeBase):
        pass

    where: Any = {"column": "version", "field": Field("v"), "shape": None}[version]
    orders = collection(
        "orders", key="id", document="document", version=where, versions=VERSIONS, stored=1,
        kept="kept", shape=shape, scheme=register,
    )  # fmt: skip

    class Order(Base):
        __tablename__ = "orders"

        id: Mapped[int] = mapped_column(primary_key=True)
        kept: Mapped[Any] = mapped_column(kept_type, nullable=True)
        version: Mapped[int | None]
        document: Mapped[dict[str, Any]] = orders.column(as_=as_, type_=type_)
        as_v1 = orders.attribute(as_=OrderV1)

    return orders, Order


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    url = database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    found = create_engine(url, poolclass=NullPool)
    yield found
    found.dispose()


def types(engine: Engine) -> list[tuple[Any, Any]]:
    binary = engine.dialect.name == "postgresql"
    return [(JSON, Text), (Text, JSONB if binary else JSON), (LargeBinary, LargeBinary)]


@pytest.mark.parametrize("version", ["column", "field", "shape"])
def test_it_is_written_there_and_read_from_there(engine: Engine, version: str) -> None:
    for type_, kept in types(engine):
        orders, mapped = model(type_, kept, version)
        mapped.metadata.drop_all(engine)
        mapped.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(mapped(id=1, document=NEW))
            session.add(mapped(id=2, document={"buyer": "bob"}))
            session.commit()
            held = session.execute(select(mapped.kept).order_by(mapped.id)).scalars().all()
            assert as_json(held[0]) == KEPT
            assert held[1] is None
            assert b"labels" not in stored(session, mapped)
            order = session.get_one(mapped, 1)
            assert order.document == NEW
            assert order.as_v1["customer"] == "ada"
            order.document["labels"]["gift"] = "no"
            session.commit()
            assert as_json(order.kept) == {"labels": {"gift": "no"}}
            del order.document["labels"]
            session.commit()
            assert order.kept is None
            assert session.get_one(mapped, 1).document == {
                name: each for name, each in NEW.items() if name != "labels"
            }
        with engine.begin() as connection:
            table = mapped.__table__
            values = orders.values(NEW, connection)
            connection.execute(insert(table).values(id=3, **values))
            values = orders.values({"buyer": "eve"}, connection)
            connection.execute(update(table).where(table.c.id == 3).values(**values))
            assert connection.scalar(select(table.c.kept).where(table.c.id == 3)) is None
            connection.execute(
                update(table).where(table.c.id == 3).values(**orders.values(NEW, connection))
            )
            assert connection.scalar(select(table.c.document).where(table.c.id == 3)) == NEW


def test_a_version_that_keeps_it_takes_it_along(engine: Engine) -> None:
    """Code that reads the first version writes labels back that it does not know."""
    _, mapped = model(Text, Text, "column", as_=OrderV1)
    mapped.metadata.create_all(engine)
    with engine.begin() as connection:
        raw = "INSERT INTO orders (id, version, document, kept) VALUES (1, 1, "
        connection.exec_driver_sql(raw + """'{"customer": "ada"}', '{"labels": {"a": "b"}}')""")
    with Session(engine) as session:
        order = session.get_one(mapped, 1)
        order.document["customer"] = "eve"
        session.commit()
        assert as_json(order.kept) == {"labels": {"a": "b"}}


def test_a_subquery_without_it_cannot_be_read(engine: Engine) -> None:
    for version in ("column", "shape"):
        _, mapped = model(Text, Text, version)
        mapped.metadata.drop_all(engine)
        mapped.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(mapped(id=1, document=NEW))
            session.commit()
            inner = select(mapped.document, mapped.version).subquery()
            with pytest.raises((UsageError, StatementError), match="no kept, which says what it"):
                session.execute(select(inner.c.document)).all()
            whole = select(mapped.document, mapped.version, mapped.kept).subquery()
            assert session.scalar(select(whole.c.document)) == NEW


def test_a_column_that_holds_no_object(engine: Engine) -> None:
    _, mapped = model(Text, Text, "column")
    mapped.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(mapped(id=1, document=NEW))
        session.commit()
        session.execute(update(mapped.__table__).values(kept="[1]"))
        session.commit()
        with pytest.raises((DecodeError, StatementError), match="kept holds no JSON object"):
            session.get_one(mapped, 1)


def test_a_migration_empties_it(engine: Engine, database_url: str) -> None:
    orders, mapped = model(JSON, Text, "column")
    mapped.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(mapped(id=1, document=NEW))
        session.commit()
    upgrade(database_url)
    place = orders.open_all([orders], database_url, lambda: place)
    targets = plan(place, ["orders"], ["shop.example.com=v3"])
    (outcome,) = migrate(place, orders.pipeline, targets)
    assert (outcome.objects, outcome.done) == (1, True)
    place.close()
    orders.forget_record()
    with Session(engine) as session:
        order = session.get_one(mapped, 1)
        assert (order.kept, order.version, order.document) == (None, 3, NEW)


def as_json(held: Any) -> Any:
    return json.loads(held) if isinstance(held, str | bytes) else held


def stored(session: Session, mapped: Any) -> bytes:
    """The first document, as the table has it."""
    bare = session.connection().exec_driver_sql("SELECT document FROM orders WHERE id = 1")
    found = bare.scalar_one()
    if isinstance(found, dict):
        return json.dumps(found).encode()
    return found.encode() if isinstance(found, str) else bytes(found)
