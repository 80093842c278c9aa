"""A shop's orders in three shapes, without Kubernetes' envelope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconv import Document, DocumentHub, Edge, Preserve, Rename, Scheme
from kconv.fields import Int32, List, Map, String

GROUP = "shop.example.com"
V1, V2, V3 = (f"{GROUP}/v{number}" for number in (1, 2, 3))


class OrderV1(Document):
    customer = String(required=True)
    total = Int32()
    lines = List(String())

    class Meta:
        group, version, kind = GROUP, "v1", "Order"


class OrderV2(Document):
    buyer = String(required=True)
    total = Int32()
    lines = List(String())
    labels = Map(String())

    class Meta:
        group, version, kind = GROUP, "v2", "Order"


class OrderV3(Document):
    buyer = String(required=True)
    cents = Int32()
    lines = List(String())
    labels = Map(String())

    class Meta:
        group, version, kind = GROUP, "v3", "Order"


class Order(DocumentHub):
    buyer = String(required=True)
    cents = Int32()
    lines = List(String())
    labels = Map(String())

    class Meta:
        group, kind, kept = GROUP, "Order", "_kept"


def register(scheme: Scheme) -> None:
    scheme.add(
        Order,
        Edge(
            OrderV1,
            Rename("customer", "buyer"),
            Rename("total", "cents"),
            Preserve("labels"),
        ),
        Edge(OrderV2, Rename("total", "cents")),
        Edge(OrderV3),
        storage=V3,
    )


VERSIONS: Mapping[Any, type[Document]] = {1: OrderV1, 2: OrderV2, 3: OrderV3}


def order(version: int, buyer: str, cents: int = 100) -> dict[str, Any]:
    """An order as the application has it in a version."""
    if version == 1:
        return {"customer": buyer, "total": cents, "lines": ["a", "b"]}
    if version == 2:
        return {"buyer": buyer, "total": cents, "lines": ["a", "b"]}
    return {"buyer": buyer, "cents": cents, "lines": ["a", "b"]}


def shape(document: Mapping[str, Any]) -> int | None:
    """The version of an order that says none."""
    if "customer" in document:
        return 1
    if "total" in document:
        return 2
    return 3 if "cents" in document else None
