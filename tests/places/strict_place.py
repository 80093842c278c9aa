"""A collection with required fields, an enum and a loss, named on command lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, Text

from kconv import Document, Edge, Lose, Rename, Scheme, hub_of
from kconv.fields import String
from kconv.sqlalchemy import collection

GROUP = "bills.example.com"


class BillV1(Document):
    payer = String(required=True)
    note = String()

    class Meta:
        group, version, kind = GROUP, "v1", "Bill"


class BillV2(Document):
    customer = String(required=True)
    state = String(enum=("open", "paid"))

    class Meta:
        group, version, kind = GROUP, "v2", "Bill"


def register(scheme: Scheme) -> None:
    lost = Lose(spoke="note", reason="nobody reads it")
    edge = Edge(BillV1, Rename("payer", "customer"), lost, Lose(hub="state", reason="it had none"))
    scheme.add(hub_of(BillV2), edge, Edge(BillV2), storage=f"{GROUP}/v2")


def shape(document: Mapping[str, Any]) -> Any:
    return document["sort"]


table = Table(
    "bills", MetaData(),
    Column("id", Integer, primary_key=True), Column("document", Text), Column("version", Integer),
)  # fmt: skip

bills = collection(
    "bills", key="id", document="document", version="version", versions={1: BillV1, 2: BillV2},
    stored=2, shape=shape, table=table, scheme=register,
)  # fmt: skip
