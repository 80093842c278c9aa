"""Places in databases with the same CronJobs in them, as the tests of every place have them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    select,
    update,
)
from sqlalchemy import delete as sql_delete
from sqlalchemy import insert as sql_insert
from sqlalchemy.dialects.postgresql import JSONB

from kconv._pipeline import Pipeline
from kconv._store import SqlStore, StorePlace
from kconv._store.place_rows import ObjectKey
from kconv.place import Key, Place
from kconv.sqlalchemy import TableCollection, TablePlace, collection
from kconv.testing import PlaceGround
from kconv_schemas.batch import v1, v1beta1
from migrate import samples
from migrate.samples import NEW, OLD, encoded, installed


class CronJobGround(PlaceGround):
    """A place of CronJobs."""

    collection = "cronjobs.batch"
    old, new = OLD, NEW

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def document(self, name: str, version: str, *, changed: bool = False) -> bytes:
        spec = {"suspend": True} if changed else {}
        return encoded(self.pipeline, name, version, **spec)


class StoreGround(CronJobGround):
    """kconv's own store."""

    def __init__(self, store: SqlStore, pipeline: Pipeline) -> None:
        super().__init__(pipeline)
        self.store = store
        store.prefer("batch", "cronjobs", OLD)

    def open(self) -> Place:
        return StorePlace(self.store, installed(), {"batch"})

    def key(self, name: str) -> Key:
        return ObjectKey(samples.NAMESPACE, name)

    def put(self, name: str, version: str, data: bytes) -> None:
        at = samples.key(name)
        if name in self.rows():
            number = self.store.get(at).resource_version
            self.store.update(at, expected=number, api_version=version, data=data)
        else:
            self.store.create(at, uid=name, api_version=version, data=data)
        self.store.compact(0)

    def delete(self, name: str) -> None:
        row = self.store.get(samples.key(name))
        self.store.delete(
            row.key, expected=row.resource_version, api_version=row.api_version, data=row.data
        )
        self.store.compact(0)

    def rows(self) -> dict[str, tuple[str, bytes]]:
        items = self.store.list("batch", "cronjobs").items
        return {each.key.name: (each.api_version, each.data) for each in items}


class TableGround(CronJobGround):
    """A table of a user's own, with a composite key and a version column."""

    collection = "crons"

    def __init__(self, url: str, pipeline: Pipeline, sort: str) -> None:
        super().__init__(pipeline)
        self.url = url
        self.by_value = sort == "jsonb"
        types: dict[str, Any] = {
            "text": Text(), "blob": LargeBinary(), "json": JSON(), "jsonb": JSONB(),
        }  # fmt: skip
        self.sort = sort
        self.table = Table(
            "crons",
            MetaData(),
            Column("team", Text, primary_key=True),
            Column("number", Integer, primary_key=True),
            Column("name", Text, nullable=False),
            Column("document", types[sort]),
            Column("schema_version", Integer),
            Column("touched", Integer, server_default="0", onupdate=7),
        )
        self.engine: Engine = create_engine(url)
        self.table.metadata.create_all(self.engine)
        self.declared: TableCollection = collection(
            self.collection,
            key=("team", "number"),
            document="document",
            version="schema_version",
            versions={1: v1beta1.CronJob, 2: v1.CronJob},
            stored=1,
            table=self.table,
            scheme=installed(),
        )

    def open(self) -> Place:
        return TablePlace(self.url, [self.declared])

    def key(self, name: str) -> Key:
        number = int(name[5:9])
        return f"team-{number % 3}", number

    def seed(self, count: int) -> list[str]:
        return sorted(super().seed(count), key=self.key)

    def put(self, name: str, version: str, data: bytes) -> None:
        team, number = self.key(name)
        values = {
            "team": team,
            "number": number,
            "name": name,
            "document": self.held(data),
            "schema_version": {OLD: 1, NEW: 2}[version],
        }
        with self.engine.begin() as connection:
            done = connection.execute(
                update(self.table).where(self.table.c.name == name).values(values | {"touched": 1})
            )
            if not done.rowcount:
                connection.execute(sql_insert(self.table), values)

    def delete(self, name: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(sql_delete(self.table).where(self.table.c.name == name))

    def rows(self) -> dict[str, tuple[str, bytes]]:
        table = self.table
        named = {1: OLD, 2: NEW}
        with self.engine.connect() as connection:
            found = connection.execute(
                select(
                    table.c.name, table.c.schema_version, table.c.document, table.c.touched
                ).order_by(table.c.team, table.c.number)
            ).all()
        assert {row.touched for row in found} <= {0, 1}, "a run touches no other columns"
        return {row.name: (named[row.schema_version], self.bytes_of(row.document)) for row in found}

    def held(self, data: bytes) -> Any:
        """A document as the column takes it."""
        readers: dict[str, Callable[[bytes], Any]] = {
            "text": bytes.decode, "blob": bytes, "json": json.loads, "jsonb": json.loads,
        }  # fmt: skip
        return readers[self.sort](data)

    @staticmethod
    def bytes_of(held: Any) -> bytes:
        """A document as the column gives it."""
        if isinstance(held, str):
            return held.encode()
        return held if isinstance(held, bytes) else json.dumps(held).encode()
