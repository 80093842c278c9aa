"""`TablePlace`: documents in tables of a user's own, as a place that is migrated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, text

from kconv._errors import UsageError
from kconv._scheme import Scheme
from kconv._store.bookkeeping import Bookkeeping, Kept, place_in_order
from kconv._store.database import Database, parse_url
from kconv.place import (
    NO_VERSION,
    OBJECTS,
    BeforeImage,
    ClientCount,
    Collection,
    Count,
    Ending,
    Key,
    Mark,
    NewData,
    Place,
    Quarantined,
    Reclaimable,
    RecordedVersion,
    Restored,
    Row,
    RowName,
    Run,
    RunTarget,
    Section,
    Server,
    UndoSize,
    Where,
)
from kconv.place._rows import spoke_in
from kconv.sqlalchemy._declaration import Declaration
from kconv.sqlalchemy._digests import digest, mark_of
from kconv.sqlalchemy._statements import PAGE_BYTES, Read, Statements
from kconv.sqlalchemy._versions import Field

FAMILY: Final = "@table"
"""What stands for the group in kconv's side tables."""

_SECTIONS: Final = (Section(noun="row"),)
_MARK_RUN: Final = text("SELECT set_config('kconv.run', :run, true)")


class TablePlace(Place):
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
        self._books = Bookkeeping(self._database, FAMILY)
        self._declared = {each.name: each for each in collections}
        sqlite = self._database.sqlite
        self._tables = {each.name: Statements(each, sqlite=sqlite) for each in collections}
        for each in collections:
            preferred = each.spokes[each.stored].api_version
            self._books.record(each.name, preferred, each.labels)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._reopen is None:
            raise UsageError("this place cannot be opened in another process: use one worker")
        return _call, (self._reopen,)

    @property
    def scheme(self) -> Scheme:
        return self._scheme

    def collections(self) -> list[Collection]:
        return [
            Collection(name, each.kind, _SECTIONS) for name, each in sorted(self._declared.items())
        ]

    def counts(self) -> list[Count]:
        def count(connection: Connection) -> list[Count]:
            recorded = self._books.versions(connection)
            found = []
            for name in sorted(self._declared):
                rows = dict.fromkeys(
                    (each.version for each in recorded if each.collection == name), 0
                )
                for label, number in self._counted(connection, name):
                    rows[label] = rows.get(label, 0) + number
                found += [Count(name, OBJECTS, each, number) for each, number in rows.items()]
            return found

        return self._database.read(count)

    def last(self, where: Where) -> Key | None:
        return None

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
        left_out = self._failed(name, passing_over) if passing_over else frozenset()

        def read(connection: Connection) -> list[Row]:
            found = self._of(name).rows(connection, other_than=other_than, after=after, until=until)
            rows = self._others(name, other_than, found)
            sound = (row for row in rows if (row.key, row.mark) not in left_out)
            return list(islice(_within(sound), limit))

        return self._database.read(read)

    def row(self, where: Where, key: Key) -> Row | None:
        found = self._database.peek(
            lambda connection: self._of(where.collection).one(connection, key)
        )
        return None if found is None else self._as_row(where.collection, found)

    def write(
        self, where: Where, items: Sequence[NewData], *, run: str, keep_before_images: bool
    ) -> int:
        name = where.collection
        declared, statements = self._declared[name], self._of(name)
        made = [(row, version, *declared.compose(version, data)) for row, version, data in items]

        def put(connection: Connection) -> int:
            self._mark_run(connection, run)
            present = statements.lock(connection, [row.key for row, *_ in made])
            new, images = [], []
            for row, version, raw, value in made:
                read = present.get(row.key)
                if read is None or mark_of(read.raw, read.value) != row.mark:
                    continue
                new.append((row.key, raw, value))
                if keep_before_images:
                    images.append(self._kept(name, read, version, raw))
            self._books.keep(connection, run, images)
            statements.write(connection, new)
            marks = [(row.key, _number(row.mark)) for row, *_ in made]
            self._books.rewritten(connection, name, marks)
            return len(new)

        return self._database.write(put)

    def written(self) -> None:
        return None

    def versions(self) -> list[RecordedVersion]:
        return [
            each
            for each in self._database.peek(self._books.versions)
            if each.collection in self._declared
        ]

    def prefer(self, versions: Iterable[tuple[str, str]], *, live: float | None) -> None:
        wanted = list(versions)
        for name, version in wanted:
            self._declared[name].value_of(version)
        self._database.write(lambda connection: self._books.prefer(connection, wanted))

    def close_version(self, collection: str, version: str) -> bool:
        def close(connection: Connection) -> bool:
            if self._has(connection, collection, version):
                return False
            return self._books.take_off_record(connection, collection, version)

        # First without keeping anybody waiting.
        if self._database.read(lambda c: self._has(c, collection, version)):
            return False
        return self._database.write(close)

    def begin_run(
        self,
        holder: str,
        targets: Sequence[RunTarget],
        lease: float,
        *,
        keep_undo: float | None = None,
    ) -> Run:
        run = self._books.begin_run(holder, targets, lease, keep_undo)
        self.release([each for each in self._entries(None) if not self._still_fits(each)])
        return run

    def renew_run(self, run_id: str, lease: float) -> None:
        self._books.renew_run(run_id, lease)

    def end_run(self, run_id: str, state: Ending) -> bool:
        return self._books.end_run(run_id, state)

    def run(self, run_id: str) -> Run:
        return self._books.run(run_id)

    def runs(self) -> list[Run]:
        return self._books.runs()

    def undo_size(self, run_id: str) -> UndoSize:
        return self._books.undo_size(run_id)

    def before_images(
        self, where: Where, rows: Sequence[Row], runs: Sequence[str]
    ) -> list[BeforeImage | None]:
        name = where.collection
        by_value = self._of(name).by_value
        digests = {row.key: digest(self._raw(name, row), by_value=by_value) for row in rows}
        found: dict[Key, BeforeImage] = {}
        for run in runs:
            wanted = [key for key in digests if key not in found]
            for image in self._books.find_undo(run, name, wanted):
                if image.digest == digests[image.key]:
                    found[image.key] = self._as_image(image)
        return [found.get(row.key) for row in rows]

    def restore(
        self, run_id: str, *, after: Key | None, limit: int, live: float | None, held: str
    ) -> Restored:
        page = self._books.undo_page(run_id, after, limit)
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
        for label in sorted({self._label_before(name, each) for each in sound}):
            self._books.put_on_record(connection, name, label)
        values = self._declared[name].values_before
        statements.write(connection, [(each.key, each.raw, values(each.version)) for each in sound])
        self._books.forget(connection, run_id, sound)
        restored = done.restored + len(sound)
        return Restored(restored, tuple(written), tuple(deleted), done.last)

    def drop_undo(self, run_id: str) -> int:
        return self._books.drop_undo(run_id)

    def expire_undo(self) -> int:
        return self._books.expire_undo()

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        self._books.quarantine([(each, _number(each.mark)) for each in entries])

    def quarantined(self, collection: str | None = None) -> list[Quarantined]:
        return [each for each in self._entries(collection) if self._still_fits(each)]

    def release(self, entries: Sequence[Quarantined]) -> int:
        return self._books.release([(each, _number(each.mark)) for each in entries])

    def servers(self, within: float) -> list[Server]:
        return []

    def clients(self, group: str, version: str, *, since_days: int) -> list[ClientCount]:
        return []

    def reclaimable(self) -> Reclaimable:
        return self._books.reclaimable()

    def close(self) -> None:
        self._database.close()

    def _of(self, collection: str) -> Statements:
        return self._tables[collection]

    def _mark_run(self, connection: Connection, run: str) -> None:
        """See that the run is held, and say to the triggers of the table that it is a run."""
        self._books.check_held(connection, run)
        if not self._database.sqlite:
            connection.execute(_MARK_RUN, {"run": run})

    def _as_row(self, name: str, read: Read) -> Row:
        version, data = self._declared[name].read(read.raw, read.value)
        return Row(read.key, version, mark_of(read.raw, read.value), data)

    def _raw(self, name: str, row: Row) -> bytes:
        """What a row holds in the table."""
        declared = self._declared[name]
        if isinstance(declared.version, Field) and spoke_in(declared.kind, row.version):
            return declared.compose(row.version, row.data)[0]
        return row.data

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
            return statements.has(connection, label)
        return any(declared.label(each.raw) == label for each in statements.rows(connection))

    def _entries(self, collection: str | None) -> list[Quarantined]:
        found = self._books.quarantined(collection)
        return [each for each, _ in found if each.collection in self._declared]

    def _still_fits(self, entry: Quarantined) -> bool:
        row = self.row(Where(entry.collection), entry.key)
        return row is not None and row.mark == entry.mark

    def _failed(self, name: str, run: str) -> frozenset[tuple[Key, Mark]]:
        return frozenset((each.key, mark) for each, mark in self._books.quarantined(name, run))

    def _kept(self, name: str, read: Read, version: str, raw: bytes) -> Kept:
        by_value = self._of(name).by_value
        return Kept(
            collection=name,
            key=read.key,
            version=self._declared[name].version_before(read.raw, read.value),
            raw=read.raw,
            written_version=version,
            digest=digest(raw, by_value=by_value),
            read_digest=digest(read.raw, by_value=by_value),
        )

    def _as_image(self, image: Kept) -> BeforeImage:
        declared = self._declared[image.collection]
        return BeforeImage(*declared.read(image.raw, declared.values_before(image.version)))

    def _label_before(self, name: str, image: Kept) -> str:
        declared = self._declared[name]
        return declared.label(image.raw, declared.values_before(image.version))

    def _is_what_was_written(self, name: str, read: Read, image: Kept) -> bool:
        declared = self._declared[name]
        if declared.label(read.raw, read.value) != image.written_version:
            return False
        return digest(read.raw, by_value=self._of(name).by_value) == image.digest


def _call(reopen: Callable[[], Place]) -> Place:
    return reopen()


def _number(mark: Mark) -> int:
    assert isinstance(mark, int), "as `mark_of` made it"
    return mark


def _within(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows up to `PAGE_BYTES` of data, one at least."""
    size = 0
    for row in rows:
        if size >= PAGE_BYTES:
            return
        size += len(row.data)
        yield row
