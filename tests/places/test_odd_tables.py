"""Tables as people have them: names that need quotes, schemas, enums, types of their own."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Engine,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    create_engine,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import DOMAIN, JSONB

from kconv._pipeline import Pipeline
from kconv.sqlalchemy import TablePlace, collection
from kconv_migrations._executors.executor import InProcessExecutor
from kconv_migrations._migration import Settings, migrate, plan, undo, verify
from places.shop import VERSIONS, order, register


class Shape(enum.Enum):
    first = "one"
    second = "two"
    third = "three"


class Code(TypeDecorator[str]):
    """A number that the database keeps, and that the application writes ``C-7``."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> int | None:
        return None if value is None else int(value.removeprefix("C-"))

    def process_result_value(self, value: int | None, dialect: object) -> str | None:
        return None if value is None else f"C-{value}"

    @property
    def python_type(self) -> type[str]:
        return str


def tables() -> dict[str, tuple[Table, str, dict[Any, Any], Any, Callable[[int], Any]]]:
    """For each sort the table, its key, the versions, the one stored, and keys by number."""
    number = {1: VERSIONS[1], 2: VERSIONS[2], 3: VERSIONS[3]}
    named = dict(zip(Shape, VERSIONS.values(), strict=True))
    return {
        "quoted": (
            Table(
                'Or"ders %s :x', MetaData(),
                Column("The Id", Integer, primary_key=True),
                Column("do%cument", Text), Column("select", Integer),
            ),
            "The Id", number, 3, int,
        ),
        "schema": (
            Table(
                "orders", MetaData(schema="my shop"),
                Column("id", String(20), primary_key=True),
                Column("document", JSONB), Column("version", Integer),
            ),
            "id", number, 3, str,
        ),
        "enum": (
            Table(
                "orders", MetaData(),
                Column("id", Integer, primary_key=True),
                Column("document", LargeBinary), Column("version", Enum(Shape)),
            ),
            "id", named, Shape.third, int,
        ),
        "own type": (
            Table(
                "orders", MetaData(),
                Column("id", Code, primary_key=True),
                Column("document", Text), Column("version", Integer),
            ),
            "id", number, 3, "C-{}".format,
        ),
        "domain": (
            Table(
                "orders", MetaData(),
                Column("id", DOMAIN("order_id", Integer()), primary_key=True),
                Column("document", Text), Column("version", DOMAIN("ver", Integer())),
            ),
            "id", number, 3, int,
        ),
    }  # fmt: skip


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = create_engine(url)
    yield made
    made.dispose()


@pytest.fixture
def url(make_database: Callable[[str], str], kind: str) -> str:
    return make_database(kind)


CASES = [
    ("quoted", "sqlite"), ("quoted", "postgresql"), ("schema", "postgresql"),
    ("enum", "sqlite"), ("enum", "postgresql"), ("own type", "sqlite"),
    ("own type", "postgresql"), ("domain", "postgresql"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Type object")
@pytest.mark.parametrize(("sort", "kind"), CASES)
@pytest.mark.parametrize("constraint", [False, True])
def test_there_and_back(url: str, engine: Engine, sort: str, kind: str, constraint: bool) -> None:
    table, key, versions, stored, as_key = tables()[sort]
    document, version = (each.name for each in list(table.columns)[1:3])
    if table.schema:
        with engine.begin() as connection:
            connection.execute(text(f'CREATE SCHEMA "{table.schema}"'))
    table.metadata.create_all(engine)
    named = list(versions)
    with engine.begin() as connection:
        for at in range(1, 31):
            held: Any = order(1 + at % 3, f"buyer-{at}")
            if not isinstance(table.c[document].type, JSONB):
                held = json.dumps(held)
            if isinstance(table.c[document].type, LargeBinary):
                held = held.encode()
            row = {key: as_key(at), document: held, version: named[at % 3]}
            connection.execute(insert(table), row)
    with engine.connect() as connection:
        before = sorted(map(tuple, connection.execute(select(table))), key=str)
    declared = collection(
        "orders", key=key, document=document, version=version, versions=versions, stored=stored,
        table=table, scheme=register, constraint=constraint,
    )  # fmt: skip
    place = TablePlace(url, [declared])
    pipeline = Pipeline(place.scheme)
    assert [line for line in place.findings() if "may not" in line] == []
    (outcome,) = migrate(place, pipeline, plan(place, ["orders"]), Settings(batch_size=7))
    assert (outcome.objects, outcome.done) == (20, True)
    with engine.connect() as connection:
        rows = connection.execute(select(table)).all()
    assert {row[2] for row in rows} == {stored}
    found = {row[0]: row[1] if isinstance(row[1], dict) else json.loads(row[1]) for row in rows}
    assert found == {as_key(at): order(3, f"buyer-{at}") for at in range(1, 31)}
    (verified,) = verify(place, InProcessExecutor(place, pipeline))
    assert (verified.compared, verified.failures) == (20, [])
    assert undo(place, outcome.run).restored == 20
    with engine.connect() as connection:
        assert sorted(map(tuple, connection.execute(select(table))), key=str) == before
    place.close()
