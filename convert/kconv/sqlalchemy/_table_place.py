"""`TablePlace`: documents in tables of a user's own, as a place that is migrated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from kconv._errors import StoreError, UsageError
from kconv._store.bookkeeping import Bookkeeping, Kept, place_in_order
from kconv._store.bookkept_place import number
from kconv._store.database import Database, parse_url
from kconv._store.database_errors import is_of_row
from kconv._store.other_writers import OtherWriters
from kconv.place import (
    AsRead,
    BeforeImage,
    Key,
    NewData,
    Place,
    Quarantined,
    Restored,
    Row,
    RowName,
    Run,
    RunTarget,
    Where,
)
from kconv.place._rows import spoke_in
from kconv.sqlalchemy import _constraint as constraint
from kconv.sqlalchemy._declaration import Declaration
from kconv.sqlalchemy._digests import mark_of
from kconv.sqlalchemy._late_writers import LateWriters
from kconv.sqlalchemy._record import FAMILY
from kconv.sqlalchemy._statements import Read, Statements
from kconv.sqlalchemy._table_rows import TableRows
from kconv.sqlalchemy._versions import Composed, Field

_MARK_RUN: Final = text("SELECT set_config('kconv.run', :run, true)")


_Made = tuple[AsRead, str, Composed]
"""A row, its new version, and what its columns are to hold."""


class TablePlace(TableRows):
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
        self._other_writers: OtherWriters | None = None
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

    def written(self) -> int | None:
        """On SQLite, what `OtherWriters` finds; on PostgreSQL others need not wait for a run."""
        if not self._database.sqlite:
            return None
        if self._other_writers is None:
            self._other_writers = OtherWriters(self._database)
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
            self.books.prefer(connection, wanted)

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

    def _forbids(self, collection: str) -> bool:
        """Whether a constraint keeps versions away that are off the record."""
        return self._declared[collection].constraint and not self._database.sqlite

    def _labels(self, collection: str) -> list[str]:
        """The versions on record of a collection."""
        return [each.version for each in self.versions() if each.collection == collection]

    def _admit(self, connection: Connection, name: str, labels: Iterable[str]) -> None:
        """Have the database take versions that are about to come on record."""
        declared = self._declared[name]
        recorded = [
            each.version for each in self.books.versions(connection) if each.collection == name
        ]
        new = [each for each in labels if each not in recorded]
        if new and self._forbids(name):
            constraint.allow(connection, declared, [*recorded, *new])

    def before_images(
        self, where: Where, rows: Sequence[Row], runs: Sequence[str]
    ) -> list[BeforeImage | None]:
        name = where.collection
        digests = {row.key: self._digest(name, row) for row in rows}
        found = self.books.fitting_images(name, digests, runs)
        return [self._as_image(found[row.key]) if row.key in found else None for row in rows]

    def restore(
        self, run_id: str, *, after: Key | None, limit: int, live: float | None, held: str
    ) -> Restored:
        page = self.books.undo_page(run_id, after, limit)
        if not page:
            return Restored()

        def put_back(connection: Connection) -> Restored:
            self._mark_run(connection, held)
            done = Restored(last=place_in_order(page[-1]))
            for name in sorted({each.collection for each in page}):
                images = [each for each in page if each.collection == name]
                done = self._put_back(connection, run_id, name, images, done)
            return done

        return self._database.write(put_back)

    def _put_back(
        self, connection: Connection, run_id: str, name: str, images: list[Kept], done: Restored
    ) -> Restored:
        statements = self._of(name)
        present = statements.lock(connection, [each.key for each in images])
        sound, written, deleted = [], list(done.written), list(done.deleted)
        for image in images:
            read = present.get(image.key)
            if read is None:
                deleted.append(RowName(name, image.key))
            elif self._is_what_was_written(name, read, image):
                sound.append(image)
            else:
                written.append(RowName(name, image.key))
        labels = sorted({self._label_before(name, each) for each in sound})
        self._admit(connection, name, labels)
        for label in labels:
            self.books.put_on_record(connection, name, label)
        statements.write(connection, [(each.key, self._before(name, each)) for each in sound])
        self.books.forget(connection, run_id, sound)
        restored = done.restored + len(sound)
        return Restored(restored, tuple(written), tuple(deleted), done.last)

    def _mark_run(self, connection: Connection, run: str) -> None:
        """See that the run is held, and say to the triggers of the table that it is a run."""
        self.books.check_held(connection, run)
        if not self._database.sqlite:
            connection.execute(_MARK_RUN, {"run": run})

    def _digest(self, name: str, row: Row) -> bytes:
        """That of what a row holds in the table."""
        declared, contents = self._declared[name], self._of(name).contents
        apart = isinstance(declared.version, Field) or declared.kept_name is not None
        if apart and spoke_in(declared.kind, row.version):
            composed = declared.compose(row.version, row.data)
            return contents.digest(composed.raw, composed.kept)
        return contents.digest(row.data, None)

    def _kept(self, name: str, read: Read, version: str, composed: Composed) -> Kept:
        contents = self._of(name).contents
        return Kept(
            collection=name,
            key=read.key,
            version=self._declared[name].version_before(read.raw, read.value),
            raw=contents.image(read.raw, read.kept),
            written_version=version,
            digest=contents.digest(composed.raw, composed.kept),
            read_digest=contents.digest(read.raw, read.kept),
        )

    def _before(self, name: str, image: Kept) -> Composed:
        """What a row held."""
        raw, kept = self._of(name).contents.of_image(image.raw)
        return Composed(raw, self._declared[name].values_before(image.version), kept)

    def _as_image(self, image: Kept) -> BeforeImage:
        before = self._before(image.collection, image)
        return BeforeImage(*self._declared[image.collection].read(*before))

    def _label_before(self, name: str, image: Kept) -> str:
        before = self._before(name, image)
        return self._declared[name].label(before.raw, before.value)

    def _is_what_was_written(self, name: str, read: Read, image: Kept) -> bool:
        declared = self._declared[name]
        if declared.label(read.raw, read.value) != image.written_version:
            return False
        return self._of(name).contents.digest(read.raw, read.kept) == image.digest


def _call(reopen: Callable[[], Place]) -> Place:
    return reopen()


def _refused(where: Where, row: AsRead, run: str, error: StoreError) -> Quarantined:
    said = str(getattr(error.__cause__, "orig", error)).strip().partition("\n")[0]
    return Quarantined(
        run, where.collection, where.section, row.key, row.version, row.mark, "Refused", said
    )
