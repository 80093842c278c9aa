"""Orders in tables: the version in a column, in a field of the document, and nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kconv.sqlalchemy import Field, TableCollection, collection
from shop.versions import OrderV1, OrderV2, OrderV3, register

OLD = {"customer": "ada", "item": {"sku": "x", "count": 1}, "price": "1.50 EUR"}
BETWEEN = {"customer": "ada", "items": [{"sku": "x", "count": 1}], "cents": 150, "currency": "EUR"}
NEW = BETWEEN
VERSIONS = {1: OrderV1, 2: OrderV2, 3: OrderV3}


def shape(document: Mapping[str, Any]) -> int:
    """The version of an order that does not say it."""
    if "price" in document or "item" in document:
        return 1
    return 2 if "address" in document else 3


@dataclass
class Model:
    """A collection, the class that is mapped to its table, and the SQL type of the documents."""

    orders: TableCollection
    mapped: Any
    kind: str

    def stored(self, document: dict[str, Any], version: int) -> dict[str, Any]:
        """A document as it is in the table."""
        return {"v": version, **document} if self.kind == "field" else document


def make(kind: str, type_: Any = JSON, **said: Any) -> Model:
    """A model of its own, since classes are mapped once."""

    class Base(DeclarativeBase):
        pass

    version: Any = {"column": "schema_version", "field": Field("v"), "shape": None}[kind]
    orders = collection(
        "orders",
        key="id",
        document="document",
        version=version,
        versions=VERSIONS,
        stored=3,
        shape=shape,
        scheme=register,
        **said,
    )

    if kind == "column":

        class WithVersion(Base):
            __tablename__ = "orders"

            id: Mapped[int] = mapped_column(primary_key=True)
            document: Mapped[dict[str, Any] | None] = orders.column(as_=OrderV3, type_=type_)
            schema_version: Mapped[int | None]
            note: Mapped[str | None]
            v2 = orders.attribute(as_=OrderV2)

        return Model(orders, WithVersion, kind)

    class WithoutVersion(Base):
        __tablename__ = "orders"

        id: Mapped[int] = mapped_column(primary_key=True)
        document: Mapped[dict[str, Any] | None] = orders.column(as_=OrderV3, type_=type_)
        note: Mapped[str | None]
        v2 = orders.attribute(as_=OrderV2)

    return Model(orders, WithoutVersion, kind)


TYPES: dict[str, Callable[[], Any]] = {
    "json": JSON,
    "jsonb": lambda: JSON().with_variant(JSONB(), "postgresql"),
    "text": Text,
    "binary": LargeBinary,
}
