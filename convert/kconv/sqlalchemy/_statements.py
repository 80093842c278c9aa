"""What is asked of a user's table: the statements over one collection.

Reads go over the user's own `Table`. Writes go over a bare table of the same name, so that nothing
of the declaration (``onupdate``, ``version_id_col``) adds columns to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    any_,
    bindparam,
    column,
    func,
    null,
    or_,
    select,
    table,
    tuple_,
    update,
)

from kconv.place import Key
from kconv.sqlalchemy._array_update import ArrayUpdate
from kconv.sqlalchemy._content_column import ContentColumn
from kconv.sqlalchemy._declaration import Declaration
from kconv.sqlalchemy._digests import Contents
from kconv.sqlalchemy._keys import as_key, as_values, is_plain
from kconv.sqlalchemy._versions import UNSTAMPED, Composed

_AT_ONCE: Final = 250


class Read(NamedTuple):
    """A row of a table.

    ``raw`` is its document, ``value`` what its version column holds, ``kept`` what the one of kept
    values does.
    """

    key: Key
    raw: bytes
    value: Any
    kept: bytes | None = None


class Statements:
    """The statements over a collection, on one kind of database."""

    def __init__(self, collection: Declaration, *, sqlite: bool) -> None:
        self.collection = collection
        self.sqlite = sqlite
        self._key = collection.key
        self._document = ContentColumn(collection.document, collection.document_type, sqlite)
        self._version = collection.version_column
        kept = collection.kept_column
        self._kept = None if kept is None else ContentColumn(kept, kept.type, sqlite)
        self._size = len(self._key)
        self._is_plain = all(map(is_plain, self._key))
        found = collection.table
        columns = [column(each.name, each.type) for each in found.columns]
        self._arrays: ArrayUpdate | None = None
        self._bare = table(found.name, *columns, schema=found.schema)
        by_value = self._document.is_jsonb, self._kept is not None and self._kept.is_jsonb
        self.contents = Contents(apart=kept is not None, by_value=by_value)

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
        statement = statement.execution_options(yield_per=_AT_ONCE)
        with connection.execute(statement) as result:
            for rows in result.partitions():
                yield from self._as_reads(rows)

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
        return None if row is None else next(self._as_reads([row]))

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
        for start in range(0, len(keys), _AT_ONCE):
            values = [self._values(key) for key in keys[start : start + _AT_ONCE]]
            if self._size == 1:
                given = {"kconv_keys": [each[0] for each in values]}
                rows = connection.execute(self._lock_by_one, given)
            else:
                statement = select(*self._read()).where(*self._base(), self._among(values))
                rows = connection.execute(self._locking(statement))
            for read in self._as_reads(rows.all()):
                found[read.key] = read
        return found

    @cached_property
    def _lock_by_one(self) -> Select[Any]:
        """The lock by a key of one column; compiled once, whatever the number of keys."""
        key = self._key[0]
        among: ColumnElement[bool]
        if self.sqlite:
            among = key.in_(bindparam("kconv_keys", expanding=True))
        else:
            among = key == any_(bindparam("kconv_keys", type_=ARRAY(key.type)))
        return self._locking(select(*self._read()).where(*self._base(), among))

    def _locking(self, statement: Select[Any]) -> Select[Any]:
        if self.sqlite:  # a writing transaction is the only one as it is
            return statement
        return statement.order_by(*self._key).with_for_update(of=self.collection.table)

    def write(self, connection: Connection, rows: Sequence[tuple[Key, Composed]]) -> None:
        """Put documents and versions in place of those of rows that are locked.

        By the driver: what SQLAlchemy does for each row takes longer than the driver does.
        """
        if not rows:
            return
        columns = self._for_driver(connection, rows)
        if (
            not self.sqlite
            and self._is_plain
            and all(each.value == rows[0][1].value for _, each in rows)
        ):
            if self._arrays is None:
                contents = [self._document] if self._kept is None else [self._document, self._kept]
                self._arrays = ArrayUpdate(
                    connection.dialect, self.collection.table, self._key, contents, self._version
                )
            self._arrays.run(connection, columns)
            return
        compiled = self._update.compile(dialect=connection.dialect)
        if self.sqlite:
            given = list(zip(*map(columns.__getitem__, compiled.positiontup or ()), strict=True))
            connection.exec_driver_sql(compiled.string, given)
        else:
            named = [
                dict(zip(columns, each, strict=True))
                for each in zip(*columns.values(), strict=True)
            ]
            connection.exec_driver_sql(compiled.string, named)

    def _for_driver(
        self, connection: Connection, rows: Sequence[tuple[Key, Composed]]
    ) -> dict[str, list[Any]]:
        """The parameters of `_update` for rows, as the driver takes them, column by column."""
        keys = [self._values(key) for key, _ in rows]
        found: dict[str, list[Any]] = {}
        for at, (each, parts) in enumerate(zip(self._key, zip(*keys, strict=True), strict=True)):
            found[f"kconv_key_{at}"] = _bound(each, connection, parts)
        found["kconv_document"] = self._document.for_driver([new.raw for _, new in rows])
        if self._version is not None:
            values = [new.value for _, new in rows]
            found["kconv_version"] = _bound(self._version, connection, values)
        if self._kept is not None:
            found["kconv_kept"] = self._kept.for_driver([new.kept for _, new in rows])
        return found

    @cached_property
    def _update(self) -> Any:
        bare = self._bare
        values: dict[str, Any] = {self._document.name: self._document.parameter("kconv_document")}
        if self._version is not None:
            values[self._version.name] = bindparam("kconv_version", type_=self._version.type)
        if self._kept is not None:
            values[self._kept.name] = self._kept.parameter("kconv_kept")
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
        found: list[ColumnElement[bool]] = [self._document.column.is_not(null())]
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
        found = [*self._key, self._document.as_text.label("kconv_document")]
        if self._version is not None:
            found.append(self._version.label("kconv_version"))
        if self._kept is not None:
            found.append(self._kept.as_text.label("kconv_kept"))
        return found

    def _as_reads(self, rows: Iterable[Any]) -> Iterator[Read]:
        size, plain = self._size, self._is_plain
        versioned, apart = self._version is not None, self._kept is not None
        at_kept = size + 2 if versioned else size + 1
        if size == 1 and plain and versioned and not apart:  # most tables are so
            for key, raw, value in rows:
                yield Read((key,), _as_bytes(raw), value)
            return
        for row in rows:
            key = tuple(row[:size])
            kept = row[at_kept] if apart else None
            yield Read(
                key if plain else as_key(key),
                _as_bytes(row[size]),
                row[size + 1] if versioned else None,
                None if kept is None else _as_bytes(kept),
            )


def _as_bytes(raw: Any) -> bytes:
    return raw.encode("utf-8", "surrogatepass") if type(raw) is str else bytes(raw)


def _bound(found: Column[Any], connection: Connection, values: Sequence[Any]) -> list[Any]:
    """Values of a column as the driver takes them."""
    dialect = connection.dialect
    made = found.type.dialect_impl(dialect).bind_processor(dialect)
    return list(values) if made is None else list(map(made, values))
