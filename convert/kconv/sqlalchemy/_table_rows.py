"""The reading side of a place of tables: rows counted and in pages, what is known of the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Final

from sqlalchemy import Connection

from kconv._scheme import Scheme
from kconv._store import pressure
from kconv._store.bookkept_place import BookkeptPlace
from kconv._store.database import Database
from kconv.place import (
    NO_VERSION,
    OBJECTS,
    Collection,
    Count,
    Key,
    Pressure,
    Row,
    Section,
    Where,
)
from kconv.sqlalchemy._declaration import Declaration
from kconv.sqlalchemy._digests import mark_of
from kconv.sqlalchemy._findings import findings
from kconv.sqlalchemy._problems import problem_of
from kconv.sqlalchemy._statements import Read, Statements
from kconv.sqlalchemy._versions import UNSTAMPED

_SECTIONS: Final = (Section(noun="row"),)


class TableRows(BookkeptPlace):
    """The rows of a `TablePlace`, as they are read."""

    _scheme: Scheme
    _database: Database
    _declared: dict[str, Declaration]
    _tables: dict[str, Statements]

    @property
    def scheme(self) -> Scheme:
        return self._scheme

    def collections(self) -> list[Collection]:
        return [
            Collection(
                name, each.kind, _SECTIONS, frozenset(each.labels) & {UNSTAMPED}, _called(each)
            )
            for name, each in sorted(self._declared.items())
        ]

    def counts(self) -> list[Count]:
        def count(connection: Connection) -> list[Count]:
            recorded = self.books.versions(connection)
            found = []
            for name in sorted(self._declared):
                rows = dict.fromkeys(
                    (each.version for each in recorded if each.collection == name), 0
                )
                for label, counted in self._counted(connection, name):
                    rows[label] = rows.get(label, 0) + counted
                found += [Count(name, OBJECTS, *each) for each in rows.items()]
            return found

        return self._database.read(count)

    def boundary(
        self, where: Where, *, other_than: str, after: Key | None, until: Key | None, rows: int
    ) -> Key | None:
        statements = self._of(where.collection)
        return self._database.peek(
            lambda connection: statements.boundary(
                connection, other_than=other_than, after=after, until=until, rows=rows
            )
        )

    def page(
        self,
        where: Where,
        *,
        other_than: str,
        after: Key | None,
        until: Key | None,
        limit: int,
        passing_over: str = "",
    ) -> list[Row]:
        name = where.collection
        left_out = self.failed(name, passing_over)

        def read(connection: Connection) -> list[Row]:
            found = self._of(name).rows(connection, other_than=other_than, after=after, until=until)
            return self.page_of(self._others(name, other_than, found), left_out, limit)

        return self._database.read(read)

    def row(self, where: Where, key: Key) -> Row | None:
        found = self._database.peek(
            lambda connection: self._of(where.collection).one(connection, key)
        )
        return None if found is None else self._as_row(where.collection, found)

    def pressure(self, where: Where, wanted: frozenset[str]) -> Pressure:
        table = self._declared[where.collection].table.fullname
        return self._database.read(lambda c: pressure.read(c, [table], wanted))

    def findings(self) -> list[str]:
        return [
            line
            for each in self._declared.values()
            for line in self._database.read(lambda c, each=each: findings(c, each))  # type: ignore[misc]  # a default that binds
        ]

    def _of(self, collection: str) -> Statements:
        return self._tables[collection]

    def _as_row(self, name: str, read: Read) -> Row:
        declared = self._declared[name]
        version, data = declared.read(read.raw, read.value, read.kept)
        problem = ""
        if version.startswith("("):
            problem = problem_of(declared, read.raw, read.value, read.kept)
        mark = mark_of(read.raw, read.value, read.kept)
        return Row(read.key, version, mark, data, problem)

    def _others(self, name: str, other_than: str, rows: Iterable[Read]) -> Iterator[Row]:
        """Rows that are not in a version, where SQL could not tell."""
        declared = self._declared[name]
        told = declared.version_column is not None or other_than == NO_VERSION
        for each in rows:
            if told or declared.label(each.raw) != other_than:
                yield self._as_row(name, each)

    def _counted(self, connection: Connection, name: str) -> Iterator[tuple[str, int]]:
        declared = self._declared[name]
        if declared.version_column is not None:
            for value, number in self._of(name).counts(connection):
                yield declared.name_of(value), number
            return
        labels = (declared.label(each.raw) for each in self._of(name).rows(connection))
        yield from Counter(labels).items()

    def _has(self, connection: Connection, name: str, label: str) -> bool:
        declared, statements = self._declared[name], self._of(name)
        if declared.version_column is not None:
            if label != UNSTAMPED and label not in declared.labels:
                return label in dict(self._counted(connection, name))
            return statements.has(connection, label)
        return any(declared.label(each.raw) == label for each in statements.rows(connection))


def _called(declared: Declaration) -> dict[str, str]:
    """What the application calls its versions, as text: an apiVersion for each."""
    return {
        value.name if isinstance(value, Enum) else str(value): spoke.api_version
        for value, spoke in declared.spokes.items()
        if value is not None
    }
