"""What is declared of documents in several versions in a table of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Table, inspect
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeEngine

from kconv._errors import UsageError
from kconv._scheme import HubKind, Scheme, Spoke, load_scheme
from kconv._store.bookkeeping import is_collection_name
from kconv.sqlalchemy._mapped_table import table_of
from kconv.sqlalchemy._type import DocumentType
from kconv.sqlalchemy._versions import (
    UNREADABLE,
    UNSTAMPED,
    Composed,
    Field,
    Shape,
    Unreadable,
    VersionValue,
    document_of,
    put_in,
    put_kept,
    take_kept,
    take_out,
    told_by,
    typed,
)

Filter = Callable[[Table], ColumnElement[bool]]
"""Which rows of a table are of a collection."""

Mapped = TypeVar("Mapped")


class Declaration:
    """Documents of one kind in a table, each in some version.

    Versions have two names: what the application calls them (1, 2, 3: `versions`), and the
    apiVersion of the type that they are (``shop/v1``).
    """

    def __init__(
        self,
        name: str,
        *,
        key: str | Sequence[str],
        document: str,
        version: str | Field | None,
        versions: Mapping[VersionValue, type[Any]],
        stored: VersionValue,
        table: object = None,
        shape: Shape | None = None,
        where: Filter | None = None,
        constraint: bool = False,
        kept: str | None = None,
        scheme: Scheme | Callable[[Scheme], None] | None = None,
    ) -> None:
        self.name = name
        self.key_names = (key,) if isinstance(key, str) else tuple(key)
        self.document_name = document
        self.version = version
        self.versions = dict(versions)
        self.stored = stored
        self.shape = shape
        self.where = where
        self.constraint = constraint
        self.kept_name = kept
        self._scheme = scheme
        self._in_column = isinstance(version, str)
        self._table: Table | None = None
        self.mapper: Mapper[Any] | None = None
        self._check()
        if table is not None:
            self.bind(table)

    def bind(self, table: Mapped) -> Mapped:
        """Say which table it is, or which mapped class; may decorate the class."""
        found = table if isinstance(table, Table) else table_of(table)
        if found is None:
            raise UsageError(f'collection "{self.name}": {table!r} is neither a table nor mapped')
        missing = [each for each in self._columns_needed() if each not in found.columns]
        if missing:
            raise UsageError(
                f'collection "{self.name}": the table {found.name} has no column '
                f"{', '.join(missing)}: it has {', '.join(found.columns.keys())}"
            )
        self._table = found
        self.mapper = None if isinstance(table, Table) else inspect(table, raiseerr=False)
        return table

    @property
    def table(self) -> Table:
        """The table. Raises `UsageError` where none has been said yet."""
        if self._table is None:
            raise UsageError(
                f'collection "{self.name}" has no table yet: give table=, or declare its document '
                "column on a mapped class that is imported by now"
            )
        return self._table

    @property
    def bound(self) -> bool:
        """Whether its table is known."""
        return self._table is not None

    @property
    def version_name(self) -> str | None:
        """The name of the version column, if the version is in one."""
        return self.version if isinstance(self.version, str) else None

    @property
    def key(self) -> tuple[Column[Any], ...]:
        """The columns of the key, in order."""
        return tuple(self.table.c[name] for name in self.key_names)

    @property
    def document(self) -> Column[Any]:
        """The column of the document."""
        return self.table.c[self.document_name]

    @property
    def document_type(self) -> TypeEngine[Any]:
        """The type that this column has in the database."""
        found = self.document.type
        return found.type_ if isinstance(found, DocumentType) else found

    @property
    def version_column(self) -> Column[Any] | None:
        """The column of the version, if it is in one."""
        return self.table.c[self.version] if isinstance(self.version, str) else None

    @property
    def kept_column(self) -> Column[Any] | None:
        """The column of what documents keep of other versions, if that is not in them."""
        return None if self.kept_name is None else self.table.c[self.kept_name]

    @property
    def condition(self) -> ColumnElement[bool] | None:
        """Which rows of the table are of the collection; None for all."""
        return None if self.where is None else self.where(self.table)

    @cached_property
    def scheme(self) -> Scheme:
        """The scheme that the types of `versions` are registered in, frozen."""
        if self._scheme is None:
            return load_scheme()
        if isinstance(self._scheme, Scheme):
            return self._scheme.freeze()
        scheme = Scheme()
        self._scheme(scheme)
        return scheme.freeze()

    @cached_property
    def spokes(self) -> dict[VersionValue, Spoke]:
        """The type of each version as it is registered. Raises `UsageError` for one that is not."""
        registered = {spoke.schema: spoke for kind in self.scheme.kinds for spoke in kind.spokes}
        missing = [each.__name__ for each in self.versions.values() if each not in registered]
        if missing:
            raise UsageError(
                f'collection "{self.name}": {", ".join(missing)} is not in its scheme: register it '
                "with a hub and an edge, and give scheme="
            )
        found = {value: registered[each] for value, each in self.versions.items()}
        kinds = {id(spoke.kind): spoke.kind for spoke in found.values()}
        if len(kinds) > 1:
            names = ", ".join(str(each.group_kind) for each in kinds.values())
            raise UsageError(
                f'collection "{self.name}": its versions are of several kinds: {names}'
            )
        return found

    @property
    def kind(self) -> HubKind:
        """The kind of its documents."""
        return self.spokes[self.stored].kind

    @cached_property
    def kept_field(self) -> str:
        """The field in which the kind keeps values, wherever they are stored.

        Raises `UsageError` for a kind without one.
        """
        document = self.kind.document
        if document is None or not document.kept:
            raise UsageError(
                f'collection "{self.name}": kept="{self.kept_name}" is a column for what documents '
                f'keep, and {self.kind.group_kind} keeps nothing: hub_of(…, kept="_kept")'
            )
        return document.kept

    @cached_property
    def _values(self) -> dict[str, VersionValue]:
        """The first value of each apiVersion."""
        found: dict[str, VersionValue] = {}
        for value, spoke in self.spokes.items():
            found.setdefault(spoke.api_version, value)
        return found

    def value_of(self, api_version: str) -> VersionValue:
        """What the application calls a version. Raises `UsageError` for one that it has not."""
        if api_version not in self._values:
            listed = ", ".join(self._values)
            raise UsageError(f'collection "{self.name}" has no {api_version}: it has {listed}')
        return self._values[api_version]

    def values_of(self, api_version: str) -> list[VersionValue]:
        """All that the application calls a version."""
        return [value for value, each in self.spokes.items() if each.api_version == api_version]

    def name_of(self, value: VersionValue) -> str:
        """The apiVersion of a version; for one that it has not, its value in brackets."""
        try:
            # True equals 1, and is no version 1.
            found = self._names.get((type(value), value))
        except TypeError:  # a list or an object, in a field of the document
            return f"({value})"
        if found is not None:
            return found
        return UNSTAMPED if value is None else f"({value})"

    @cached_property
    def _names(self) -> dict[tuple[type[Any], VersionValue], str]:
        return {(type(value), value): each.api_version for value, each in self.spokes.items()}

    def read(
        self, raw: bytes, value: VersionValue = None, kept: bytes | None = None
    ) -> tuple[str, bytes]:
        """A document as it is stored: its apiVersion, and its bytes with what it keeps.

        ``value`` is what its version column holds, ``kept`` what the one of kept values does.
        """
        version, data = self._read(raw, value)
        if kept is None or self.kept_name is None:
            return version, data
        try:
            return version, put_kept(data, self.kept_field, kept)
        except Unreadable:
            return UNREADABLE, data

    def _read(self, raw: bytes, value: VersionValue) -> tuple[str, bytes]:
        try:
            found, data = self.told(raw, value)
        except Unreadable:
            return UNREADABLE, raw
        return self.name_of(found), data

    def told(self, raw: bytes, value: VersionValue) -> tuple[VersionValue, bytes]:
        """What the application calls the version of a row, and its bytes without that.

        Raises `Unreadable`.
        """
        if self._in_column and (value is not None or self.shape is None):
            return value, raw
        if isinstance(self.version, Field):
            found, data, document = take_out(raw, self.version.name)
            if found is None and self.shape is not None:
                found = told_by(self.shape, document)
            return found, data
        assert self.shape is not None, "as `_check` has it"
        return told_by(self.shape, document_of(raw)), raw

    def label(self, raw: bytes, value: VersionValue = None) -> str:
        """What the record calls the version of a row: `UNSTAMPED` where the row says none.

        Where no version is stamped at all, what the shape tells.
        """
        if isinstance(self.version, str):
            return self.name_of(value)
        if self.version is None:
            return self.read(raw)[0]
        try:
            return self.name_of(take_out(raw, self.version.name)[0])
        except Unreadable:
            return UNREADABLE

    @property
    def labels(self) -> list[str]:
        """All versions that rows may be in, as the record calls them."""
        found = list(dict.fromkeys(self._values))
        return [*found, UNSTAMPED] if self.shape is not None and self.version is not None else found

    def version_before(self, raw: bytes, value: VersionValue) -> str:
        """The version of a row that is about to be written, so that `values_before` gives it back.

        Its apiVersion, and which of several values for that it is, or that there is none.
        """
        version, _ = self.read(raw, value)
        if not isinstance(self.version, str):
            return version
        if value is None and None not in self.versions:
            return f"{version} {UNSTAMPED}"
        values = self.values_of(version)
        return version if value == values[0] else f"{version} {values.index(value)}"

    def values_before(self, version: str) -> VersionValue:
        """What the version column held, from what `version_before` gave."""
        api_version, _, which = version.partition(" ")
        if not isinstance(self.version, str) or which == UNSTAMPED:
            return None
        return self.values_of(api_version)[int(which or 0)]

    def compose(self, api_version: str, data: bytes) -> Composed:
        """A document as it is to be stored."""
        value = self.value_of(api_version)
        kept = None
        if self.kept_name is not None:
            data, kept = take_kept(data, self.kept_field)
            if kept is None and not self.table.c[self.kept_name].nullable:
                kept = b"{}"
        if isinstance(self.version, Field):
            data = put_in(data, self.version.name, value)
        return Composed(data, value, kept)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def _columns_needed(self) -> list[str]:
        others = (self.version, self.kept_name)
        return [
            *self.key_names,
            self.document_name,
            *(each for each in others if isinstance(each, str)),
        ]

    def _check(self) -> None:
        problems = []
        if not is_collection_name(self.name):
            problems.append(f'"{self.name}" is no name for a collection')
        if not self.key_names:
            problems.append("it needs a key: the columns that identify a row")
        if self.stored not in self.versions:
            problems.append(f"stored={self.stored!r} is none of {list(self.versions)}")
        if len({type(each) for each in self.versions if each is not None}) > 1:
            problems.append(f"versions= has keys of several types: {typed(self.versions)}")
        if self.version is None and self.shape is None:
            problems.append("say where the version is (version=), or how to tell it (shape=)")
        if self.constraint and not isinstance(self.version, str):
            problems.append("constraint= needs a version column")
        taken = (self.document_name, self.version, *self.key_names)
        if self.kept_name is not None and self.kept_name in taken:
            problems.append(f'kept="{self.kept_name}" is a column that holds something else')
        if problems:
            raise UsageError(f'collection "{self.name}": {"; ".join(problems)}')
