"""`KeyedPlace`: a place for which only reading and replacing single documents has to be written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from kconv._errors import UsageError
from kconv._scheme import Scheme
from kconv._store.bookkeeping import Bookkeeping, Kept, is_collection_name, place_in_order
from kconv._store.bookkept_place import BookkeptPlace, number
from kconv._store.database import Database, parse_url
from kconv._store.existing import is_empty
from kconv.place import (
    OBJECTS,
    AsRead,
    BeforeImage,
    Collection,
    Count,
    Key,
    Mark,
    NewData,
    Quarantined,
    Restored,
    Row,
    RowName,
    Section,
    Where,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Entry(NamedTuple):
    """A document under a key: ``data`` is its JSON, in ``version``.

    ``version`` is the apiVersion of a type of the collection's kind, such as ``shop/v1``; of a
    document in a version that the code does not have, any text that is none.
    """

    key: Key
    version: str
    data: bytes


class KeyedPlace(BookkeptPlace, ABC):
    """Documents under keys, in a store that has no transaction over several of them.

    A subclass says how they are read and replaced: `entries`, `entry` and `replace`. What else a
    migration needs is kept in a database of kconv's (``notes``), a SQLite file for one: the
    versions on record, runs and their lease, what rows held before, and the quarantine. What a row
    held is kept before the row is replaced. So a process that is killed in between leaves a
    before-image too many and no row without one; undoing looks at what is there before it puts
    anything back.

    ``collections`` names for each collection the type that its documents are written as until the
    record says another version: a class that is registered in ``scheme``, as are the other versions
    of its kind.

    A version is closed after `entries` have been looked through and none is in it. Nothing keeps a
    writer from using it again: see that none does, or run the migration once more.

    Worker processes need to open the place anew: a subclass that is to be used with several defines
    ``__reduce__``. Run the tests of `kconv.testing.PlaceTests` on your subclass.
    """

    noun = "document"
    """What people call one of them."""

    sort = "keyed"
    """What sort of place it is, in the notes; places that share them need different ones."""

    def __init__(self, scheme: Scheme, collections: Mapping[str, type[Any]], notes: str) -> None:
        """``notes`` is the URL of a database; kconv's tables are made there if there are none.

        Raises `UsageError` for names that no collection can have, and what opening the file raises.
        """
        for name in collections:
            if not is_collection_name(name):
                raise UsageError(f'"{name}" is no name for a collection')
        self._scheme = scheme.freeze()
        spokes = {name: scheme.spoke_of_schema(each) for name, each in collections.items()}
        self._kinds = {name: spoke.kind for name, spoke in spokes.items()}
        self.names = frozenset(self._kinds)
        database = Database(parse_url(notes), create=True)
        if is_empty(notes):
            from kconv_migrations._tables import upgrade  # it takes long to load

            upgrade(notes)
        self._database = database
        self.books = Bookkeeping(database, f"@{self.sort}")
        for name, preferred in spokes.items():
            versions = [spoke.api_version for spoke in preferred.kind.spokes]
            self.books.record(name, preferred.api_version, versions)

    # What a subclass writes.

    @abstractmethod
    def entries(self, collection: str, after: Key | None) -> Iterator[Entry]:
        """The documents of a collection in the order of their keys, from after a key.

        The order is the place's own, but always the same, and that of `order`. What is added or
        deleted meanwhile may be there or not. Raises `kconv.Unavailable` where the store is away.
        """

    @abstractmethod
    def entry(self, collection: str, key: Key) -> Entry | None:
        """The document under a key now; None if there is none."""

    @abstractmethod
    def replace(self, collection: str, old: Entry, new: Entry) -> bool:
        """Put ``new`` in place of ``old``, at the same key, if that still holds ``old``.

        In one step that no other writer can come between. False where it holds something else, or
        nothing.
        """

    def replace_many(self, collection: str, pairs: Sequence[tuple[Entry, Entry]]) -> list[bool]:
        """`replace` for several (old, new), one after the other unless a subclass knows better."""
        return [self.replace(collection, old, new) for old, new in pairs]

    def order(self, key: Key) -> Any:
        """What keys are ordered by: the key itself, unless a subclass says otherwise."""
        return key

    def named(self, key: Key) -> Key:
        """A key from the notes, as `entries` makes it: a named tuple, for one."""
        return key

    # What follows from that.

    def __reduce__(self) -> tuple[Any, ...]:
        raise UsageError(
            f"{type(self).__name__} does not say how another process opens it: use --workers 1, or "
            "define __reduce__"
        )

    @property
    def scheme(self) -> Scheme:
        return self._scheme

    def collections(self) -> list[Collection]:
        sections = (Section(noun=self.noun),)
        return [Collection(name, kind, sections) for name, kind in sorted(self._kinds.items())]

    def counts(self) -> list[Count]:
        numbers = {(each.collection, each.version): 0 for each in self.versions()}
        for name in sorted(self._kinds):
            for entry in self.entries(name, None):
                numbers[name, entry.version] = numbers.get((name, entry.version), 0) + 1
        return [Count(name, OBJECTS, version, rows) for (name, version), rows in numbers.items()]

    def boundary(
        self, where: Where, *, other_than: str, after: Key | None, until: Key | None, rows: int
    ) -> Key | None:
        found = self._others(where, other_than, after, until)
        for entry in islice(found, rows - 1, rows):
            return entry.key if next(found, None) is not None else None
        return None

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
        left_out = self.failed(where.collection, passing_over)
        rows = map(_row, self._others(where, other_than, after, until))
        return self.page_of(rows, left_out, limit)

    def quarantined(self, collection: str | None = None) -> list[Quarantined]:
        found = super().quarantined(collection)
        return [replace(each, key=self.named(each.key)) for each in found]

    def row(self, where: Where, key: Key) -> Row | None:
        found = self.entry(where.collection, key)
        return None if found is None else _row(found)

    def write(
        self, where: Where, items: Sequence[NewData], *, run: str, keep_before_images: bool
    ) -> int:
        name = where.collection
        pairs: list[tuple[Entry, Entry]] = []
        for row, version, data in items:
            old = self.entry(name, row.key)
            if old is not None and old.version == row.version and _mark(old) == row.mark:
                pairs.append((old, Entry(row.key, version, data)))

        def keep(connection: Connection) -> None:
            self.books.check_held(connection, run)
            if keep_before_images:
                self.books.keep(connection, run, [_kept(name, *pair) for pair in pairs])

        self._database.write(keep)
        done = self.replace_many(name, pairs)
        lost = [pair for pair, is_done in zip(pairs, done, strict=True) if not is_done]
        marks = [(old.key, _mark(old)) for old, _ in pairs]

        def settle(connection: Connection) -> None:
            if keep_before_images:
                self.books.forget(connection, run, [_kept(name, *pair) for pair in lost])
            self.books.rewritten(connection, name, marks)

        self._database.write(settle)
        return len(pairs) - len(lost)

    def prefer(self, versions: Iterable[tuple[str, str]], *, live: float | None) -> None:
        wanted = list(versions)
        for name, version in wanted:
            kind = self._kinds.get(name)
            if kind is None or version not in {spoke.api_version for spoke in kind.spokes}:
                raise UsageError(f"{name} has no version {version}")
        self._database.write(lambda connection: self.books.prefer(connection, wanted, live))

    def close_version(self, collection: str, version: str) -> bool:
        if any(entry.version == version for entry in self.entries(collection, None)):
            return False
        return self._database.write(
            lambda connection: self.books.take_off_record(connection, collection, version)
        )

    def before_images(
        self, where: Where, rows: Sequence[AsRead], runs: Sequence[str]
    ) -> list[BeforeImage | None]:
        digests = {row.key: _as_digest(row.mark) for row in rows}
        found = self.books.fitting_images(where.collection, digests, runs)
        images = {key: BeforeImage(each.version, each.raw) for key, each in found.items()}
        return [images.get(row.key) for row in rows]

    def restore(
        self, run_id: str, *, after: Key | None, limit: int, live: float | None, held: str
    ) -> Restored:
        page = self.books.undo_page(run_id, after, limit)
        if not page:
            return Restored()

        found = {
            (each.collection, each.key): self.entry(each.collection, each.key) for each in page
        }

        def begin(connection: Connection) -> None:
            self.books.check_held(connection, held)
            # Before they are put back, and those alone that will be.
            sound = {
                (each.collection, each.version)
                for each in page
                if _fits(found[each.collection, each.key], each)
            }
            for name, version in sorted(sound):
                self.books.put_on_record(connection, name, version, live)

        self._database.write(begin)
        restored: list[Kept] = []
        written: list[RowName] = []
        deleted: list[RowName] = []
        for image in page:
            old = found[image.collection, image.key]
            name = RowName(image.collection, self.named(image.key))
            if old is None:
                deleted.append(name)
            elif self._put_back(old, image):
                restored.append(image)
            else:
                written.append(name)
        self._database.write(lambda connection: self.books.forget(connection, run_id, restored))
        last = place_in_order(page[-1])
        return Restored(len(restored), tuple(written), tuple(deleted), last)

    def _put_back(self, old: Entry, image: Kept) -> bool:
        """Put back what a row held, if it holds what the run wrote; whether it holds that now."""
        if not _fits(old, image):
            return False
        before = _before(image)
        # Where they are the same, the run was cut off before it wrote.
        return _digest(old) == _digest(before) or self.replace(image.collection, old, before)

    def _others(
        self, where: Where, other_than: str, after: Key | None, until: Key | None
    ) -> Iterator[Entry]:
        end = None if until is None else self.order(until)
        for entry in self.entries(where.collection, after):
            if end is not None and self.order(entry.key) > end:
                return
            if entry.version != other_than:
                yield entry


def _row(entry: Entry) -> Row:
    return Row(entry.key, entry.version, _mark(entry), entry.data)


def _digest(entry: Entry) -> bytes:
    return _as_digest(_mark(entry))


def _before(image: Kept) -> Entry:
    """What a row held."""
    return Entry(image.key, image.version, image.raw)


def _fits(entry: Entry | None, image: Kept) -> bool:
    """Whether a row holds what the run wrote, or what it held before that."""
    digests = (image.digest, _digest(_before(image)))
    return entry is not None and _digest(entry) in digests


def _mark(entry: Entry) -> int:
    """What tells whether a document still says what was read: 63 bits of a digest.

    The order of its fields says nothing: a store may have one of its own.
    """
    try:
        data = msgspec.json.encode(msgspec.json.decode(entry.data), order="sorted")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        data = entry.data
    found = sha256(entry.version.encode("utf-8", "surrogatepass") + b"\0" + data).digest()
    return int.from_bytes(found[:8], "big") >> 1


def _as_digest(mark: Mark) -> bytes:
    return number(mark).to_bytes(8, "big")


def _kept(collection: str, old: Entry, new: Entry) -> Kept:
    return Kept(collection, old.key, old.version, old.data, new.version, _digest(new), _digest(old))
