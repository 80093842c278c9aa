"""A column with JSON in it: of JSON, JSONB, TEXT or BLOB, read and written as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, LargeBinary, Text, bindparam, cast, type_coerce
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine


class ContentColumn:
    """A column of documents, or of what they keep, of the type that it has in the database."""

    def __init__(self, column: Column[Any], type_: TypeEngine[Any], sqlite: bool) -> None:
        self.column = column
        self.name = column.name
        self._type = type_
        self._sqlite = sqlite
        self._is_json = isinstance(type_, JSON)
        self._is_binary = isinstance(type_, LargeBinary)

    @cached_property
    def is_jsonb(self) -> bool:
        """Whether it keeps what JSON says, and not how it is spelled."""
        found = self._type.dialect_impl(postgresql.dialect())  # type: ignore[no-untyped-call]  # as it is
        return not self._sqlite and isinstance(found, JSONB)

    @property
    def as_text(self) -> ColumnElement[Any]:
        """What to select: a text, or bytes."""
        found: ColumnElement[Any] = type_coerce(self.column, self._type)
        return cast(found, Text) if self._is_json else found

    def parameter(self, name: str) -> ColumnElement[Any]:
        """What to put into it: a parameter that has what `for_driver` gives."""
        new: ColumnElement[Any] = bindparam(
            name, type_=LargeBinary() if self._is_binary else Text()
        )
        return cast(new, self._type) if self._is_json and not self._sqlite else new

    def for_driver(self, values: Sequence[bytes | None]) -> list[Any]:
        """JSON as the driver takes it."""
        if self._is_binary:
            return list(values)
        return [None if each is None else each.decode("utf-8") for each in values]

    def from_bytes(self, expression: str, dialect: Any) -> str:
        """What PostgreSQL makes of bytes, for this column."""
        if self._is_binary:
            return expression
        text = f"convert_from({expression}, 'UTF8')"
        return f"CAST({text} AS {self._type.compile(dialect)})" if self._is_json else text
