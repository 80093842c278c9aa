"""What is asked of a user's table: the statements over one collection.

Reads go over the user's own `Table`. Writes go over a bare table of the same name, so that nothing
of the declaration (``onupdate``, ``version_id_col``) adds columns to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    null,
    or_,
    select,
    table,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from kconv.place import Key
from kconv.sqlalchemy._declaration import Declaration
from kconv.sqlalchemy._keys import as_key, as_values
from kconv.sqlalchemy._versions import UNSTAMPED

PAGE_BYTES: Final = 16 * 1024 * 1024
"""Bytes of documents after which a page ends; it holds a row at least, however large that is."""

_LOCKED_AT_ONCE: Final = 250


class Read:
    """A row of a table: ``raw`` is its document, ``value`` what its version column holds."""

    __slots__ = ("key", "raw", "value")

    def __init__(self, key: Key, raw: bytes, value: Any) -> None:
        self.key = key
        self.raw = raw
        self.value = value


class Statements:
    """The statements over a collection, on one kind of database."""

    def __init__(self, collection: Declaration, *, sqlite: bool) -> None:
        self.collection = collection
        self.sqlite = sqlite
        self.by_value = _is_jsonb(collection, sqlite)
        found = collection.table
        self._bare = table(
            found.name,
            *(column(each.name, each.type) for each in found.columns),
            schema=found.schema,
        )

    def rows(
        self,
        connection: Connection,
        *,
        other_than: str = "",
        after: Key | None = None,
        until: Key | None = None,
    ) -> Iterator[Read]:
        """Rows by key, read as they are asked for; ``other_than`` counts for a version column."""
        statement = self._within(select(*self._read()), other_than, after, until)
        statement = statement.execution_options(stream_results=True, max_row_buffer=64)
        with connection.execute(statement) as result:
            for row in result:
                yield self._as_read(row)

    def boundary(
        self,
        connection: Connection,
        *,
        other_than: str,
        after: Key | None,
        until: Key | None,
        rows: int,
    ) -> Key | None:
        """The key of the row that comes as the so-manieth."""
        statement = self._within(select(*self.collection.key), other_than, after, until)
        found = connection.execute(statement.offset(rows - 1).limit(1)).first()
        return None if found is None else as_key(found)

    def one(self, connection: Connection, key: Key) -> Read | None:
        """The row under a key."""
        values = as_values(key, self.collection.key)
        same = [each == value for each, value in zip(self.collection.key, values, strict=True)]
        row = connection.execute(select(*self._read()).where(*same, *self._base())).first()
        return None if row is None else self._as_read(row)

    def counts(self, connection: Connection) -> list[tuple[Any, int]]:
        """Rows by what the version column holds."""
        version = self.collection.version_column
        assert version is not None, "the caller counts others by reading them"
        statement = select(version, func.count()).where(*self._base()).group_by(version)
        return [(row[0], row[1]) for row in connection.execute(statement)]

    def has(self, connection: Connection, label: str) -> bool:
        """Whether a row is in a version, by its column."""
        statement = select(self.collection.key[0]).where(*self._base(), self._in(label)).limit(1)
        return connection.execute(statement).first() is not None

    def lock(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, Read]:
        """The rows under keys, locked until the transaction ends."""
        found: dict[Key, Read] = {}
        columns = self.collection.key
        for start in range(0, len(keys), _LOCKED_AT_ONCE):
            values = [as_values(key, columns) for key in keys[start : start + _LOCKED_AT_ONCE]]
            statement = select(*self._read()).where(*self._base(), self._among(values))
            if not self.sqlite:
                statement = statement.order_by(*columns).with_for_update(of=self.collection.table)
            for row in connection.execute(statement):
                read = self._as_read(row)
                found[read.key] = read
        return found

    def write(self, connection: Connection, rows: Iterable[tuple[Key, bytes, Any]]) -> None:
        """Put documents and versions in place of those of rows that are locked."""
        columns = self.collection.key
        parameters = []
        for key, raw, value in rows:
            each = {f"key_{at}": part for at, part in enumerate(as_values(key, columns))}
            each["kconv_document"] = raw if self._is_binary else raw.decode("utf-8")
            if isinstance(self.collection.version, str):
                each["kconv_version"] = value
            parameters.append(each)
        if parameters:
            connection.execute(self._update(), parameters)

    def _update(self) -> Any:
        bare, declared = self._bare, self.collection
        new: ColumnElement[Any] = bindparam(
            "kconv_document", type_=LargeBinary() if self._is_binary else Text()
        )
        if self._is_json and not self.sqlite:
            new = cast(new, declared.document_type)
        values: dict[str, Any] = {declared.document.name: new}
        if declared.version_column is not None:
            name = declared.version_column.name
            values[name] = bindparam("kconv_version", type_=declared.version_column.type)
        same = [
            bare.c[each.name] == bindparam(f"key_{at}", type_=each.type)
            for at, each in enumerate(declared.key)
        ]
        return update(bare).where(*same).values(values)

    def _among(self, values: Sequence[tuple[Any, ...]]) -> ColumnElement[bool]:
        columns = self.collection.key
        if len(columns) == 1:
            return columns[0].in_([each[0] for each in values])
        if self.sqlite:
            # SQLite looks up several keys of several columns by reading the whole table.
            return or_(
                *(
                    and_(*(c == part for c, part in zip(columns, each, strict=True)))
                    for each in values
                )
            )
        return tuple_(*columns).in_(values)

    def _within(
        self, statement: Select[Any], other_than: str, after: Key | None, until: Key | None
    ) -> Select[Any]:
        columns = self.collection.key
        statement = statement.where(*self._base())
        if other_than and self.collection.version_column is not None:
            statement = statement.where(self._not_in(other_than))
        if after is not None:
            statement = statement.where(self._key(columns) > self._bound(after))
        if until is not None:
            statement = statement.where(self._key(columns) <= self._bound(until))
        return statement.order_by(*columns)

    def _key(self, columns: Sequence[Any]) -> Any:
        return columns[0] if len(columns) == 1 else tuple_(*columns)

    def _bound(self, key: Key) -> Any:
        columns = self.collection.key
        values = [
            bindparam(None, value, type_=each.type)
            for each, value in zip(columns, as_values(key, columns), strict=True)
        ]
        return values[0] if len(values) == 1 else tuple_(*values)

    def _base(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [self.collection.document.is_not(null())]
        condition = self.collection.condition
        return found if condition is None else [*found, condition]

    def _in(self, label: str) -> ColumnElement[bool]:
        version = self.collection.version_column
        assert version is not None, "the caller asks for versions of a column only"
        if label == UNSTAMPED:
            return version.is_(None)
        return version.in_(self.collection.values_of(label))

    def _not_in(self, label: str) -> ColumnElement[bool]:
        version = self.collection.version_column
        assert version is not None, "the caller asks for versions of a column only"
        if label == UNSTAMPED:
            return version.is_not(None)
        return or_(version.is_(None), version.not_in(self.collection.values_of(label)))

    def _read(self) -> list[Any]:
        document: Any = type_coerce(self.collection.document, self.collection.document_type)
        if self._is_json:
            document = cast(document, Text)
        version = self.collection.version_column
        found = [*self.collection.key, document.label("kconv_document")]
        return found if version is None else [*found, version.label("kconv_version")]

    def _as_read(self, row: Any) -> Read:
        size = len(self.collection.key_names)
        raw = row[size]
        value = row[size + 1] if self.collection.version_column is not None else None
        data = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else bytes(raw)
        return Read(as_key(row[:size]), data, value)

    @property
    def _is_json(self) -> bool:
        return isinstance(self.collection.document_type, JSON)

    @property
    def _is_binary(self) -> bool:
        return isinstance(self.collection.document_type, LargeBinary)


def _is_jsonb(collection: Declaration, sqlite: bool) -> bool:
    found = collection.document_type.dialect_impl(postgresql.dialect())  # type: ignore[no-untyped-call]  # as it is
    return not sqlite and isinstance(found, JSONB)
