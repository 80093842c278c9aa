"""`ArrayUpdate`: rows of a table in one statement of PostgreSQL, all to the same version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table

from kconv.sqlalchemy._content_column import ContentColumn


class ArrayUpdate:
    """The statement for a table: ``contents`` are its documents, and what they keep if apart."""

    def __init__(
        self,
        dialect: Dialect,
        table: Table,
        key: Sequence[Column[Any]],
        contents: Sequence[ContentColumn],
        version: Column[Any] | None,
    ) -> None:
        preparer = dialect.identifier_preparer
        name = preparer.format_table(table)
        keys = [f"key_{at}" for at in range(len(key))]
        arrays = [
            f"%(kconv_{each})s::{column.type.compile(dialect)}[]"
            for each, column in zip(keys, key, strict=True)
        ]
        self._parameters = ["kconv_document", "kconv_kept"][: len(contents)]
        # As bytes: the driver takes many times as long to spell out arrays of texts with quotes.
        arrays += [f"%({each})b::bytea[]" for each in self._parameters]
        sets = [
            f"{preparer.quote(column.name)} = {column.from_bytes(f'new.{each}', dialect)}"
            for each, column in zip(self._parameters, contents, strict=True)
        ]
        self._has_version = version is not None
        if version is not None:
            wanted = version.type.compile(dialect)
            sets.append(f"{preparer.quote(version.name)} = CAST(%(kconv_version)s AS {wanted})")
        same = " AND ".join(
            f"{name}.{preparer.quote(column.name)} = new.{each}"
            for each, column in zip(keys, key, strict=True)
        )
        self._text = (
            f"UPDATE {name} SET {', '.join(sets)} FROM unnest({', '.join(arrays)}) "
            f"AS new ({', '.join([*keys, *self._parameters])}) WHERE {same}"
        )

    def run(self, connection: Connection, columns: dict[str, list[Any]]) -> None:
        """Write rows, given column by column as `Statements` has them for the driver."""
        given: dict[str, Any] = dict(columns)
        if self._has_version:
            given["kconv_version"] = columns["kconv_version"][0]
        for name in self._parameters:
            given[name] = [
                each.encode() if isinstance(each, str) else each for each in columns[name]
            ]
        connection.exec_driver_sql(self._text, given)
