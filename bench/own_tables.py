"""What it costs to read documents of a table of one's own through the column type.

Each figure is a ratio to the same statement over the same rows with SQLAlchemy's own JSON type,
which calls `json.loads` and knows no versions.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from sqlalchemy import JSON, Column, Integer, MetaData, Table, create_engine, insert, select

from bench.figure import Figure, best
from kconv import (
    Document,
    DocumentHub,
    Edge,
    Functions,
    Preserve,
    Rename,
    Rule,
    Scheme,
    Type,
    Unit,
    Wrap,
)
from kconv.fields import Int64, List, Map, Object, String, Time
from kconv.sqlalchemy import collection

ROWS = 500
ROUNDS = 25
GROUP = "shop.example.com"


class Item(Type):
    sku = String(required=True)
    name = String()
    count = Int64(minimum=1, load_default=1)
    cents = Int64(minimum=0)


class Address(Type):
    name = String()
    street = String()
    city = String()
    country = String()


class Base(Document):
    customer = String(required=True)
    email = String()
    bill_to = Object(Address)
    notes = List(String())


class V1(Base):
    class Meta:
        group, version, kind = GROUP, "v1", "Order"

    item = Object(Item)
    price = String(pattern=r"^(0|[1-9][0-9]{0,9})\.[0-9]{2}$")
    placed = Time()


class V2(Base):
    class Meta:
        group, version, kind = GROUP, "v2", "Order"

    items = List(Object(Item))
    cents = Int64(minimum=0)
    address = Object(Address)
    placed = Time()


class V3(Base):
    class Meta:
        group, version, kind = GROUP, "v3", "Order"

    items = List(Object(Item))
    cents = Int64(minimum=0)
    ship_to = Object(Address)
    placed_at = Time()
    labels = Map(String())


class Hub(DocumentHub):
    class Meta:
        group, kind, kept = GROUP, "Order", "_kept"

    customer = String(required=True)
    email = String()
    bill_to = Object(Address)
    notes = List(String())
    items = List(Object(Item))
    cents = Int64(minimum=0)
    ship_to = Object(Address)
    placed_at = Time()
    labels = Map(String())


def _cents(order: dict[str, Any], hub: dict[str, Any]) -> None:
    if "price" in order:
        hub["cents"] = int(order["price"].replace(".", ""))


def _price(hub: dict[str, Any], order: dict[str, Any]) -> None:
    if "cents" in hub:
        order["price"] = f"{hub['cents'] // 100}.{hub['cents'] % 100:02d}"


BY_RULE = Unit("price", "cents", 100, digits=2)
BY_FUNCTION = Functions(spoke=("price",), hub=("cents",), to_hub=_cents, to_spoke=_price)


def _register(price: Rule, scheme: Scheme) -> None:
    moved = Rename("placed", "placed_at"), Preserve("labels")
    one = Edge(V1, price, Wrap("item", "items"), Preserve("ship_to"), *moved)
    two = Edge(V2, Rename("address", "ship_to"), *moved)
    scheme.add(Hub, one, two, Edge(V3), storage=f"{GROUP}/v3")


def _order(number: int, version: int) -> dict[str, Any]:
    address = {"name": "Ada", "street": f"Road {number}", "city": "London", "country": "GB"}
    item = {"sku": f"A-{number}", "name": "A thing to have", "count": 2, "cents": 1250}
    order: dict[str, Any] = {
        "customer": f"customer-{number}",
        "email": "ada@example.com",
        "bill_to": address,
        "notes": ["ring twice", "leave at the door"],
    }
    placed = "2026-01-02T03:04:05Z"
    if version == 1:
        return {**order, "item": item, "price": "25.00", "placed": placed}
    order |= {"items": [item, item, item], "cents": 7500}
    if version == 2:
        return {**order, "address": address, "placed": placed}
    return {**order, "ship_to": address, "placed_at": placed, "labels": {"gift": "yes"}}


def figures() -> Iterator[Figure]:
    """A figure for each version that rows may be in; the oldest is read by a function as well."""
    yield from _read(BY_RULE, {3: "v3", 2: "v2", 1: "v1"}, 2.0)
    yield from _read(BY_FUNCTION, {1: "v1-by-function"}, None)


def _read(price: Rule, versions: Mapping[int, str], budget: float | None) -> Iterator[Figure]:
    orders = collection(
        "orders", key="id", document="document", version="version",
        versions={1: V1, 2: V2, 3: V3}, stored=3,
        scheme=partial(_register, price),
    )  # fmt: skip
    columns = Column("id", Integer, primary_key=True), Column("version", Integer)
    table = Table("orders", MetaData(), *columns, Column("document", orders.column_type(as_=V3)))
    orders.bind(table)
    bare = Table(
        "orders", MetaData(), Column("id", Integer, primary_key=True), Column("version", Integer),
        Column("document", JSON),
    )  # fmt: skip
    engine = create_engine("sqlite://")
    table.create(engine)
    with engine.begin() as connection:
        for version in (1, 2, 3):
            connection.execute(
                insert(bare),
                [
                    {"version": version, "document": _order(number, version)}
                    for number in range(ROWS)
                ],
            )
        for version, called in versions.items():
            ours = select(table.c.document).where(table.c.version == version)
            theirs = select(bare.c.document).where(bare.c.version == version)

            def reading(statement: Any) -> Callable[[], object]:
                return lambda: connection.execute(statement).all()

            took, floor = best([reading(ours), reading(theirs)], ROUNDS)
            yield Figure(f"own-table-read-{called}", took / floor, "x", budget)
    engine.dispose()
