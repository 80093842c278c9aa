"""What is asked of a user's table: the statements over one collection.

Reads go over the user's own `Table`. Writes go over a bare table of the same name, so that nothing
of the declaration (``onupdate``, ``version_id_col``) adds columns to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    JSON,
    Column,
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
from kconv.sqlalchemy._keys import as_key, as_values, is_plain
from kconv.sqlalchemy._versions import UNSTAMPED

_LOCKED_AT_ONCE: Final = 250


class Read(NamedTuple):
    """A row of a table: ``raw`` is its document, ``value`` what its version column holds."""

    key: Key
    raw: bytes
    value: Any


class Statements:
    """The statements over a collection, on one kind of database."""

    def __init__(self, collection: Declaration, *, sqlite: bool) -> None:
        self.collection = collection
        self.sqlite = sqlite
        self.by_value = _is_jsonb(collection, sqlite)
        self._key = collection.key
        self._document = collection.document
        self._version = collection.version_column
        self._size = len(self._key)
        self._is_plain = all(map(is_plain, self._key))
        found = collection.table
        columns = [column(each.name, each.type) for each in found.columns]
        self._arrays: str | None = None
        self._bare = table(found.name, *columns, schema=found.schema)

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
        statement = statement.execution_options(stream_results=True, max_row_buffer=256)
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
        statement = self._within(select(*self._key), other_than, after, until)
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
        version = self._version
        assert version is not None, "the caller counts others by reading them"
        statement = select(version, func.count()).where(*self._base()).group_by(version)
        return [(row[0], row[1]) for row in connection.execute(statement)]

    def has(self, connection: Connection, label: str) -> bool:
        """Whether a row is in a version, by its column."""
        statement = select(self._key[0]).where(*self._base(), self._in(label)).limit(1)
        return connection.execute(statement).first() is not None

    def lock(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, Read]:
        """The rows under keys, locked until the transaction ends."""
        found: dict[Key, Read] = {}
        for start in range(0, len(keys), _LOCKED_AT_ONCE):
            values = [self._values(key) for key in keys[start : start + _LOCKED_AT_ONCE]]
            if self._size == 1:
                given = {"kconv_keys": [each[0] for each in values]}
                rows = connection.execute(self._lock_by_one, given)
            else:
                statement = select(*self._read()).where(*self._base(), self._among(values))
                rows = connection.execute(self._locking(statement))
            for row in rows:
                read = self._as_read(row)
                found[read.key] = read
        return found

    @cached_property
    def _lock_by_one(self) -> Select[Any]:
        """The lock by a key of one column; compiled once, whatever the number of keys."""
        among = self._key[0].in_(bindparam("kconv_keys", expanding=True))
        return self._locking(select(*self._read()).where(*self._base(), among))

    def _locking(self, statement: Select[Any]) -> Select[Any]:
        if self.sqlite:  # a writing transaction is the only one as it is
            return statement
        return statement.order_by(*self._key).with_for_update(of=self.collection.table)

    def write(self, connection: Connection, rows: Sequence[tuple[Key, bytes, Any]]) -> None:
        """Put documents and versions in place of those of rows that are locked.

        By the driver: what SQLAlchemy does for each row takes longer than the driver does.
        """
        if not rows:
            return
        compiled = self._update.compile(dialect=connection.dialect)
        values = self._for_driver(connection, rows)
        if self.sqlite:
            order = compiled.positiontup or []
            given = [tuple(map(each.__getitem__, order)) for each in values]
            connection.exec_driver_sql(compiled.string, given)
        elif self._is_plain and all(value == rows[0][2] for _, _, value in rows):
            self._write_arrays(connection, values)
        else:
            connection.exec_driver_sql(compiled.string, values)

    def _for_driver(
        self, connection: Connection, rows: Sequence[tuple[Key, bytes, Any]]
    ) -> list[dict[str, Any]]:
        """The parameters of `_update` for rows, as the driver takes them."""
        of_key = [_binder(each, connection) for each in self._key]
        of_version = None if self._version is None else _binder(self._version, connection)
        found = []
        for key, raw, value in rows:
            each: dict[str, Any] = {
                f"kconv_key_{at}": part if bound is None else bound(part)
                for at, (part, bound) in enumerate(zip(self._values(key), of_key, strict=True))
            }
            each["kconv_document"] = raw if self._is_binary else raw.decode("utf-8")
            if self._version is not None:
                each["kconv_version"] = value if of_version is None else of_version(value)
            found.append(each)
        return found

    def _write_arrays(self, connection: Connection, values: Sequence[dict[str, Any]]) -> None:
        """All rows in one statement, on PostgreSQL; they get the same version."""
        if self._arrays is None:
            self._arrays = self._by_arrays(connection)
        given = {
            name: [each[name] for each in values] for name in values[0] if name != "kconv_version"
        }
        version = {"kconv_version": values[0].get("kconv_version")}
        connection.exec_driver_sql(self._arrays, given | version)

    def _by_arrays(self, connection: Connection) -> str:
        preparer, dialect = connection.dialect.identifier_preparer, connection.dialect
        name = preparer.format_table(self.collection.table)
        columns = [preparer.quote(each.name) for each in self._key]
        types = [each.type.compile(dialect) for each in self._key]
        arrays = [f"%(kconv_key_{at})s::{each}[]" for at, each in enumerate(types)]
        document = "bytea" if self._is_binary else "text"
        made = "new.document"
        if self._is_json:
            made = f"CAST(new.document AS {self.collection.document_type.compile(dialect)})"
        sets = f"{preparer.quote(self._document.name)} = {made}"
        if self._version is not None:
            wanted = self._version.type.compile(dialect)
            version = preparer.quote(self._version.name)
            sets += f", {version} = CAST(%(kconv_version)s AS {wanted})"
        keys = [f"key_{at}" for at in range(self._size)]
        same = " AND ".join(
            f"{name}.{each} = new.{key}" for each, key in zip(columns, keys, strict=True)
        )
        return (
            f"UPDATE {name} SET {sets} "
            f"FROM unnest({', '.join(arrays)}, %(kconv_document)s::{document}[]) "
            f"AS new ({', '.join(keys)}, document) WHERE {same}"
        )

    @cached_property
    def _update(self) -> Any:
        bare, declared = self._bare, self.collection
        new: ColumnElement[Any] = bindparam(
            "kconv_document", type_=LargeBinary() if self._is_binary else Text()
        )
        if self._is_json and not self.sqlite:
            new = cast(new, declared.document_type)
        values: dict[str, Any] = {self._document.name: new}
        if self._version is not None:
            values[self._version.name] = bindparam("kconv_version", type_=self._version.type)
        same = [
            bare.c[each.name] == bindparam(f"kconv_key_{at}", type_=each.type)
            for at, each in enumerate(self._key)
        ]
        return update(bare).where(*same).values(values)

    def _values(self, key: Key) -> tuple[Any, ...]:
        return key if self._is_plain else as_values(key, self._key)

    def _among(self, values: Sequence[tuple[Any, ...]]) -> ColumnElement[bool]:
        columns = self._key
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
        columns = self._key
        statement = statement.where(*self._base())
        if other_than and self._version is not None:
            statement = statement.where(self._not_in(other_than))
        if after is not None:
            statement = statement.where(self._whole_key > self._bound(after))
        if until is not None:
            statement = statement.where(self._whole_key <= self._bound(until))
        return statement.order_by(*columns)

    @property
    def _whole_key(self) -> Any:
        return self._key[0] if self._size == 1 else tuple_(*self._key)

    def _bound(self, key: Key) -> Any:
        columns = self._key
        values = [
            bindparam(None, value, type_=each.type)
            for each, value in zip(columns, as_values(key, columns), strict=True)
        ]
        return values[0] if len(values) == 1 else tuple_(*values)

    def _base(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [self._document.is_not(null())]
        condition = self.collection.condition
        return found if condition is None else [*found, condition]

    def _in(self, label: str) -> ColumnElement[bool]:
        version = self._version
        assert version is not None, "the caller asks for versions of a column only"
        if label == UNSTAMPED:
            return version.is_(None)
        return version.in_(self.collection.values_of(label))

    def _not_in(self, label: str) -> ColumnElement[bool]:
        version = self._version
        assert version is not None, "the caller asks for versions of a column only"
        if label == UNSTAMPED:
            return version.is_not(None)
        return or_(version.is_(None), version.not_in(self.collection.values_of(label)))

    def _read(self) -> list[Any]:
        document: Any = type_coerce(self._document, self.collection.document_type)
        if self._is_json:
            document = cast(document, Text)
        version = self._version
        found = [*self._key, document.label("kconv_document")]
        return found if version is None else [*found, version.label("kconv_version")]

    def _as_read(self, row: Any) -> Read:
        size = self._size
        raw = row[size]
        value = None if self._version is None else row[size + 1]
        data = raw.encode("utf-8", "surrogatepass") if type(raw) is str else bytes(raw)
        key = tuple(row[:size])
        return Read(key if self._is_plain else as_key(key), data, value)

    @cached_property
    def _is_json(self) -> bool:
        return isinstance(self.collection.document_type, JSON)

    @cached_property
    def _is_binary(self) -> bool:
        return isinstance(self.collection.document_type, LargeBinary)


def _binder(found: Column[Any], connection: Connection) -> Callable[[Any], Any] | None:
    """What makes of a column's value what the driver takes; None for values as they are."""
    dialect = connection.dialect
    return found.type.dialect_impl(dialect).bind_processor(dialect)


def _is_jsonb(collection: Declaration, sqlite: bool) -> bool:
    found = collection.document_type.dialect_impl(postgresql.dialect())  # type: ignore[no-untyped-call]  # as it is
    return not sqlite and isinstance(found, JSONB)
