"""The table of orders, and what its documents are: declared once, used by app and migration."""

import os
from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, Index, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kconv.sqlalchemy import collection
from shop.versions import OrderV1, OrderV2, OrderV3, register


def shape(document: Mapping[str, Any]) -> int:
    """The version of an order from before there was a column for it."""
    return 1 if {"item", "price"} & document.keys() else 2


orders = collection(
    "orders",
    key="id",
    document="document",
    version="schema_version",
    versions={1: OrderV1, 2: OrderV2, 3: OrderV3},
    stored=3,
    shape=shape,
    scheme=register,
)


class Base(DeclarativeBase):
    """The models of the shop."""


class Order(Base):
    """An order; whatever it is stored as, its document is an `OrderV3` here."""

    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_schema_version", "schema_version", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    schema_version: Mapped[int | None]
    document: Mapped[dict[str, Any]] = orders.column(as_=OrderV3)
    as_v1 = orders.attribute(as_=OrderV1)


def database_url() -> URL:
    """Where the shop keeps its orders: kconv's variable serves for both."""
    return make_url(os.environ.get("KCONV_DB", "sqlite:///shop.db"))
