"""`TablePlace`: documents in tables of a user's own, as a place that is migrated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from kconv._errors import StoreError, UsageError
from kconv._store.bookkeeping import Bookkeeping
from kconv._store.bookkept_place import number
from kconv._store.database import Database, parse_url
from kconv._store.database_errors import is_of_row
from kconv._store.other_writers import OtherWriters
from kconv.place import (
    AsRead,
    NewData,
    Place,
    Quarantined,
    Run,
    RunTarget,
    Where,
)
from kconv.sqlalchemy import _constraint as constraint
from kconv.sqlalchemy._declaration import Declaration
from kconv.sqlalchemy._digests import mark_of
from kconv.sqlalchemy._late_writers import LateWriters
from kconv.sqlalchemy._record import FAMILY
from kconv.sqlalchemy._statements import Statements
from kconv.sqlalchemy._table_images import TableImages, said_of
from kconv.sqlalchemy._table_writers import TableWriters
from kconv.sqlalchemy._versions import Composed

_Made = tuple[AsRead, str, Composed]
"""A row, its new version, and what its columns are to hold."""


class TablePlace(TableImages):
    """Collections in tables of one database, SQLite or PostgreSQL; used by ``kconv migrate``.

    kconv's own tables must be in the same database (``kconv db upgrade``): what a run replaces is
    kept in the transaction that replaces it. ``reopen`` opens the same place in a worker process:
    something that can be pickled.

    On PostgreSQL, a transaction of a run sets the variable ``kconv.run`` to the run's id, for
    triggers to see. JSONB keeps values and not bytes: there, before-images are restored and
    compared by value.

    Raises `TablesOutdated` where kconv's tables are not there, and `UsageError` for collections
    that are declared with different schemes.
    """

    def __init__(
        self,
        url: str,
        collections: Sequence[Declaration],
        reopen: Callable[[], Place] | None = None,
    ) -> None:
        names = [each.name for each in collections]
        if not names or len(set(names)) < len(names):
            raise UsageError(f"a place needs collections of different names, not {names}")
        schemes = {id(each.scheme): each.scheme for each in collections}
        if len(schemes) > 1:
            raise UsageError(f"{', '.join(names)} are not of one scheme: open one at a time")
        self._scheme = collections[0].scheme
        self._reopen = reopen
        self._database = Database(parse_url(url))
        self.names = frozenset(names)
        self._other_writers: OtherWriters | TableWriters | None = None
        self._declared = {each.name: each for each in collections}
        sqlite = self._database.sqlite
        self._late_writers = LateWriters(self._database.peek)
        self._tables = {each.name: Statements(each, sqlite=sqlite) for each in collections}
        try:
            self.books = Bookkeeping(self._database, FAMILY)
            for each in collections:
                if each.kept_name is not None:
                    _ = each.kept_field  # it says so where there is none
                preferred = each.spokes[each.stored].api_version
                self.books.record(each.name, preferred, each.labels)
        except BaseException:
            self._database.close()
            raise

    def __reduce__(self) -> tuple[Any, ...]:
        if self._reopen is None:
            raise UsageError("this place cannot be opened in another process: use one worker")
        return _call, (self._reopen,)

    def write(
        self, where: Where, items: Sequence[NewData], *, run: str, keep_before_images: bool
    ) -> int:
        declared = self._declared[where.collection]
        made = [(row, version, declared.compose(version, data)) for row, version, data in items]
        return self._write(where, made, run, keep_before_images)

    def _write(self, where: Where, made: Sequence[_Made], run: str, keep: bool) -> int:
        """Write all of these in one transaction; or halves, to find what the database refuses."""
        try:
            return self._database.write(lambda c: self._put(c, where, made, run, keep))
        except StoreError as error:
            if not is_of_row(error):
                raise
            if len(made) == 1:
                self.quarantine([_refused(where, made[0][0], run, error)])
                return 0
        half = len(made) // 2
        parts = (made[:half], made[half:])
        return sum(self._write(where, part, run, keep) for part in parts)

    def _put(
        self, connection: Connection, where: Where, made: Sequence[_Made], run: str, keep: bool
    ) -> int:
        name, statements = where.collection, self._of(where.collection)
        self._mark_run(connection, run)
        present = statements.lock(connection, [row.key for row, *_ in made])
        new, images = [], []
        for row, version, composed in made:
            read = present.get(row.key)
            if read is None or mark_of(read.raw, read.value, read.kept) != row.mark:
                continue
            new.append((row.key, composed))
            if keep:
                images.append(self._kept(name, read, version, composed))
        self.books.keep(connection, run, images)
        statements.write(connection, new)
        marks = [(row.key, number(row.mark)) for row, *_ in made]
        self.books.rewritten(connection, name, marks)
        return len(new)

    @property
    def writes_elsewhere(self) -> bool:
        return self._reopen is not None and not self._database.sqlite

    def written(self) -> int:
        """What `OtherWriters` finds on SQLite, and `TableWriters` on PostgreSQL."""
        if self._other_writers is None:
            tables = [each.table for each in self._declared.values()]
            self._other_writers = (
                OtherWriters(self._database)
                if self._database.sqlite
                else TableWriters(self._database, tables)
            )
        return self._other_writers.count()

    def begin_run(
        self,
        holder: str,
        targets: Sequence[RunTarget],
        lease: float,
        *,
        keep_undo: float | None = None,
    ) -> Run:
        run = super().begin_run(holder, targets, lease, keep_undo=keep_undo)
        # Versions that nobody declared: rows are in them, so they may be stored.
        recorded = self.versions()
        found = [
            (each.collection, each.version)
            for each in self.counts()
            if each.rows and (each.collection, each.version) not in {one[:2] for one in recorded}
        ]

        def record(connection: Connection) -> None:
            for collection, label in found:
                self.books.put_on_record(connection, collection, label)

        if found:
            self._database.write(record)
        return run

    def prefer(self, versions: Iterable[tuple[str, str]], *, live: float | None) -> None:
        wanted = list(versions)
        for name, version in wanted:
            self._declared[name].value_of(version)

        def flip(connection: Connection) -> None:
            for name, version in wanted:
                self._admit(connection, name, [version])
            self.books.prefer(connection, wanted, live)

        before = {each.collection: each.version for each in self.versions() if each.preferred}
        self._database.write(flip)
        for name, version in wanted:
            if before.get(name) != version:
                self._late_writers.expect(self._declared[name])

    def close_version(self, collection: str, version: str) -> bool:
        # First without keeping anybody waiting.
        if self._database.read(lambda c: self._has(c, collection, version)):
            return False
        declared = self._declared[collection]
        if not self._late_writers.gone(declared):
            return False
        recorded = self._labels(collection)
        if version not in recorded:
            return True
        others = [each for each in recorded if each != version]
        proved = not self._forbids(collection) or constraint.prove(
            self._database, declared, others, recorded
        )
        if not proved:
            return False

        def close(connection: Connection) -> bool:
            if self._has(connection, collection, version):
                return False
            return self.books.take_off_record(connection, collection, version)

        return self._database.write(close)

    def _labels(self, collection: str) -> list[str]:
        """The versions on record of a collection."""
        return [each.version for each in self.versions() if each.collection == collection]


def _call(reopen: Callable[[], Place]) -> Place:
    return reopen()


def _refused(where: Where, row: AsRead, run: str, error: StoreError) -> Quarantined:
    return Quarantined(
        run,
        where.collection,
        where.section,
        row.key,
        row.version,
        row.mark,
        "Refused",
        said_of(error),
    )
