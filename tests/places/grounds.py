"""Places of several kinds with the same CronJobs in them, seen as their own users see them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

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
    text,
    update,
)
from sqlalchemy import delete as sql_delete
from sqlalchemy import insert as sql_insert
from sqlalchemy.dialects.postgresql import JSONB

from kconv._pipeline import Pipeline
from kconv._store import SqlStore, StorePlace
from kconv._store.place import ObjectKey
from kconv.place import Key, Place
from kconv.sqlalchemy import TableCollection, TablePlace, collection
from kconv_schemas.batch import v1, v1beta1
from migrate import samples
from migrate.samples import NEW, OLD, encoded, installed

MIXED = "NAME"


class Ground(Protocol):
    """What a test does to a place beside the migration, as its user would."""

    name: str
    """The collection's."""

    by_value: bool
    """Whether documents are kept by value, so that their bytes may be others."""

    def place(self) -> Place:
        """The place, opened anew."""
        ...

    def key(self, name: str) -> Key:
        """The key of a row in the place."""
        ...

    def seed(self, count: int) -> list[str]:
        """Store so many objects in the old version, which is preferred; their names, in order."""
        ...

    def rows(self) -> dict[str, tuple[str, Any]]:
        """Every object by name: its version and what it holds."""
        ...

    def write(self, name: str, version: str, *, suspend: bool = True) -> None:
        """Change an object, or make it, as a writer that writes in a version."""
        ...

    def delete(self, name: str) -> None:
        """Delete an object."""
        ...

    def spoil(self, name: str) -> None:
        """Have an object hold what does not decode, in the old version."""
        ...


def versions(ground: Ground) -> dict[str, int]:
    """How many objects are in each version."""
    found: dict[str, int] = {}
    for version, _ in ground.rows().values():
        found[version] = found.get(version, 0) + 1
    return found


class StoreGround:
    """kconv's own store."""

    name = "cronjobs.batch"
    by_value = False

    def __init__(self, store: SqlStore, pipeline: Pipeline) -> None:
        self.store = store
        self.pipeline = pipeline

    def place(self) -> Place:
        return StorePlace(self.store, installed(), {"batch"})

    def key(self, name: str) -> Key:
        return ObjectKey(samples.NAMESPACE, name)

    def seed(self, count: int) -> list[str]:
        found = [each.key.name for each in samples.seed(self.store, self.pipeline, count)]
        self.store.compact(0)
        return found

    def rows(self) -> dict[str, tuple[str, Any]]:
        items = self.store.list("batch", "cronjobs").items
        return {each.key.name: (each.api_version, each.data) for each in items}

    def write(self, name: str, version: str, *, suspend: bool = True) -> None:
        data = encoded(self.pipeline, name, version, suspend=suspend)
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

    def spoil(self, name: str) -> None:
        row = self.store.get(samples.key(name))
        self.store.rewrite([(row, OLD, row.data.replace(b'"schedule"', b'"shedule"'))])


class TableGround:
    """A table of a user's own, with a composite key and a version column."""

    name = "crons"

    def __init__(self, url: str, pipeline: Pipeline, sort: str) -> None:
        self.pipeline = pipeline
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
            self.name,
            key=("team", "number"),
            document="document",
            version="schema_version",
            versions={1: v1beta1.CronJob, 2: v1.CronJob},
            stored=1,
            table=self.table,
            scheme=installed(),
        )

    def place(self) -> Place:
        return TablePlace(self.url, [self.declared])

    def key(self, name: str) -> Key:
        with self.engine.connect() as connection:
            found = connection.execute(
                select(self.table.c.team, self.table.c.number).where(self.table.c.name == name)
            ).one()
        return tuple(found)

    def seed(self, count: int) -> list[str]:
        template = encoded(self.pipeline, MIXED)
        names = [f"cron-{number:04}" for number in range(count)]
        with self.engine.begin() as connection:
            for at, name in enumerate(names):
                data = template.replace(MIXED.encode(), name.encode())
                connection.execute(sql_insert(self.table), self._values(at, name, data, 1))
        return names

    def rows(self) -> dict[str, tuple[str, Any]]:
        table = self.table
        named = {1: OLD, 2: NEW}
        with self.engine.connect() as connection:
            found = connection.execute(
                select(
                    table.c.name, table.c.schema_version, table.c.document, table.c.touched
                ).order_by(table.c.team, table.c.number)
            ).all()
        assert {row.touched for row in found} <= {0, 1}, "a run touches no other columns"
        return {row.name: (named[row.schema_version], row.document) for row in found}

    def write(self, name: str, version: str, *, suspend: bool = True) -> None:
        data = encoded(self.pipeline, name, version, suspend=suspend)
        values = self._values(int(name[5:9]), name, data, {OLD: 1, NEW: 2}[version])
        with self.engine.begin() as connection:
            done = connection.execute(
                update(self.table).where(self.table.c.name == name).values(values | {"touched": 1})
            )
            if not done.rowcount:
                connection.execute(sql_insert(self.table), values)

    def delete(self, name: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(sql_delete(self.table).where(self.table.c.name == name))

    def spoil(self, name: str) -> None:
        data = encoded(self.pipeline, name).replace(b'"schedule"', b'"shedule"')
        with self.engine.begin() as connection:
            connection.execute(
                update(self.table)
                .where(self.table.c.name == name)
                .values(document=self._document(data), touched=1)
            )

    def execute(self, statement: str) -> None:
        """Run a statement of the user's."""
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def _values(self, at: int, name: str, data: bytes, version: int) -> dict[str, Any]:
        return {
            "team": f"team-{at % 3}",
            "number": at,
            "name": name,
            "document": self._document(data),
            "schema_version": version,
        }

    def _document(self, data: bytes) -> Any:
        readers: dict[str, Callable[[bytes], Any]] = {
            "text": bytes.decode, "blob": bytes, "json": json.loads, "jsonb": json.loads,
        }  # fmt: skip
        return readers[self.sort](data)
