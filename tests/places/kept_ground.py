"""A table with a column of its own for what documents keep of other versions."""

from __future__ import annotations

import json
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
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from kconv.place import Key, Place
from kconv.sqlalchemy import TableCollection, TablePlace, collection
from kconv.testing import PlaceGround
from places.grounds import TableGround
from places.shop import V1, V3, VERSIONS, order, register

TYPES: dict[str, Any] = {"text": Text(), "blob": LargeBinary(), "json": JSON(), "jsonb": JSONB()}


class KeptGround(PlaceGround):
    """Orders with labels, which the first version has no field for.

    ``sort`` is the type of the documents, and of what they keep: ``json+jsonb``. ``keeping`` says
    whether the run goes to the version that keeps something, or away from it.
    """

    collection = "orders"

    def __init__(self, url: str, sort: str, *, keeping: bool) -> None:
        documents, kept = sort.split("+")
        self.url = url
        self.old, self.new = (V3, V1) if keeping else (V1, V3)
        self.by_value = "jsonb" in (documents, kept)
        self.table = Table(
            "orders",
            MetaData(),
            Column("id", Integer, primary_key=True),
            Column("document", TYPES[documents]),
            Column("version", Integer),
            Column("other", TYPES[kept]),
        )
        self.engine: Engine = create_engine(url)
        self.table.metadata.create_all(self.engine)
        self.declared: TableCollection = collection(
            self.collection,
            key="id",
            document="document",
            version="version",
            versions=VERSIONS,
            stored=3 if keeping else 1,
            kept="other",
            table=self.table,
            scheme=register,
        )

    def open(self) -> Place:
        return TablePlace(self.url, [self.declared])

    def key(self, name: str) -> Key:
        return (int(name[5:9]),)

    def document(self, name: str, version: str, *, changed: bool = False) -> bytes:
        number = {V1: 1, V3: 3}[version]
        made = order(number, name, 7 if changed else 100)
        labels = {"gift": f"for {name}: ä"}
        made |= {"labels": labels} if version == V3 else {"_kept": {"labels": labels}}
        return json.dumps(made).encode()

    def put(self, name: str, version: str, data: bytes) -> None:
        made = json.loads(data)
        kept = made.pop("_kept", None)
        table = self.table
        values = {
            "document": self._value("document", made),
            "version": {V1: 1, V3: 3}[version],
            "other": None if kept is None else self._value("other", kept),
        }
        with self.engine.begin() as connection:
            found = update(table).where(table.c.id == self.key(name)[0])
            if not connection.execute(found.values(values)).rowcount:
                connection.execute(insert(table).values(id=self.key(name)[0], **values))

    def delete(self, name: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(delete(self.table).where(self.table.c.id == self.key(name)[0]))

    def rows(self) -> dict[str, tuple[str, bytes]]:
        with self.engine.connect() as connection:
            found = connection.execute(select(self.table).order_by(self.table.c.id)).all()
        return {
            f"name-{row.id:04}": (
                {1: V1, 3: V3}[row.version],
                self._whole(row.version, row.document, row.other),
            )
            for row in found
        }

    def _whole(self, version: int, document: Any, kept: Any) -> bytes:
        """A document as it would be without the column."""
        raw = TableGround.bytes_of(document)
        assert b"_kept" not in raw, "what is kept is in its own column"
        if version == 3:
            assert kept is None, "nothing is kept that the version has a field for"
            return raw
        return raw.rstrip()[:-1] + b', "_kept": ' + TableGround.bytes_of(kept) + b"}"

    def _value(self, name: str, made: Any) -> Any:
        kind = self.table.c[name].type
        if isinstance(kind, JSON):
            return made
        raw = json.dumps(made, ensure_ascii=False)
        return raw.encode() if isinstance(kind, LargeBinary) else raw
