"""What a migration has to remember of rows that are kept elsewhere than in the store's tables.

Runs and their lease, the versions on record, before-images and the quarantine, in the same side
tables that the store itself uses: beside a user's tables in their database, or in a SQLite file
beside a folder. Rows about one kind of place have a ``grp`` of its own, which no API group has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection

from kconv._errors import UsageError
from kconv._store import free_space, quarantine, runs, servers, undo, version_record
from kconv._store.database import Database
from kconv._store.quarantine import Quarantined as StoredEntry
from kconv._store.records import Key as StoredKey
from kconv._store.sql import check_tables
from kconv._store.tables import OTHER_PLACES
from kconv._store.undo import BeforeImage as StoredImage
from kconv.place import (
    OBJECTS,
    Ending,
    Key,
    Quarantined,
    Reclaimable,
    RecordedVersion,
    Run,
    RunTarget,
    Server,
    UndoSize,
)

_DROP_STEP: Final = 1000


class Kept(NamedTuple):
    """A before-image: ``raw`` is what the row held, ``digest`` of what the run wrote instead.

    ``read_digest`` is that of ``raw``, where it is to be kept.
    """

    collection: str
    key: Key
    version: str
    raw: bytes
    written_version: str
    digest: bytes
    read_digest: bytes = b""


class Bookkeeping:
    """The side tables of a database for the collections of one kind of place.

    ``family`` is what ``grp`` is in them: ``@table``. Raises `TablesOutdated` where the tables are
    not there or of another release.
    """

    def __init__(self, database: Database, family: str) -> None:
        self.database = database
        self.family = family
        check_tables(database)

    # Runs. In their record, collections carry the family, for all places share it.

    def begin_run(
        self, holder: str, targets: Sequence[RunTarget], lease: float, keep_undo: float | None
    ) -> Run:
        """See `kconv.place.Place.begin_run`."""
        named = [each._replace(collection=f"{each.collection}.{self.family}") for each in targets]
        return self._named(
            self.database.write(lambda c: runs.begin(c, holder, named, lease, keep_undo))
        )

    def renew_run(self, run_id: str, lease: float) -> None:
        """See `kconv.place.Place.renew_run`."""
        self.database.write(lambda c: runs.renew(c, run_id, lease))

    def end_run(self, run_id: str, state: Ending) -> bool:
        """See `kconv.place.Place.end_run`."""
        return self.database.write(lambda c: runs.end(c, run_id, state))

    def steer_run(self, run_id: str, paused: bool | None, rate: float | None) -> Run:
        """See `kconv.place.Place.steer_run`."""
        return self._named(self.database.write(lambda c: runs.steer(c, run_id, paused, rate)))

    def report_run(
        self, run_id: str, done: int, total: int, waiting: str, raced: int | None
    ) -> Run:
        """See `kconv.place.Place.report_run`."""
        return self._named(
            self.database.write(lambda c: runs.report(c, run_id, done, total, waiting, raced))
        )

    def run(self, run_id: str) -> Run:
        """One run. Raises `NotFound`."""
        return self._named(self.database.read(lambda c: runs.get(c, run_id)))

    def runs(self) -> list[Run]:
        """Every run, those of other places too."""
        return [self._named(each) for each in self.database.read(runs.known)]

    def _named(self, run: Run) -> Run:
        suffix = f".{self.family}"
        targets = tuple(
            each._replace(collection=each.collection.removesuffix(suffix)) for each in run.targets
        )
        return replace(run, targets=targets)

    # The record of versions.

    def versions(self, connection: Connection) -> list[RecordedVersion]:
        """Every version on record."""
        return [
            RecordedVersion(each.resource, each.api_version, each.preferred)
            for each in version_record.recorded_of(connection, self.family)
        ]

    def record(self, collection: str, preferred: str, others: Iterable[str]) -> None:
        """Put a collection on record with the versions that rows may be in, if it is not there."""

        def ensure(connection: Connection) -> None:
            if any(each.collection == collection for each in self.versions(connection)):
                return
            version_record.prefer(connection, self.family, collection, preferred)
            for version in others:
                version_record.put_on_record(connection, self.family, collection, version, None)

        self.database.write(ensure)

    def servers(self, within: float) -> list[Server]:
        """See `kconv.place.Place.servers`."""
        return self.database.peek(lambda c: servers.alive_elsewhere(c, self.family, within))

    def prefer(
        self, connection: Connection, versions: Iterable[tuple[str, str]], live: float | None
    ) -> None:
        """Prefer a version of each of these collections; in a transaction of the caller's.

        Raises `Conflict` where code that was seen within ``live`` seconds cannot read one.
        """
        for collection, version in sorted(versions):
            version_record.prefer(connection, self.family, collection, version, live)

    def put_on_record(
        self, connection: Connection, collection: str, version: str, live: float | None = None
    ) -> None:
        """Put a version on record, if it is not there; in a transaction of the caller's.

        Raises as `prefer`.
        """
        version_record.put_on_record(connection, self.family, collection, version, live)

    def take_off_record(self, connection: Connection, collection: str, version: str) -> bool:
        """Take a version off the record, unless it is preferred; the caller has seen no row."""
        return version_record.drop(connection, self.family, collection, version)

    # Before-images.

    def undo_size(self, run_id: str) -> UndoSize:
        """See `kconv.place.Place.undo_size`."""
        return self.database.peek(lambda c: undo.size(c, run_id))

    def undo_page(self, run_id: str, after: Key | None, limit: int) -> list[Kept]:
        """Before-images of a run, from after `place_in_order` of one."""
        start = StoredKey(self.family, *(("", "", "") if after is None else _start(after)))
        page = self.database.peek(lambda c: undo.page(c, run_id, start, limit))
        return [_kept(each) for each in page if each.key.group == self.family]

    def find_undo(self, run_id: str, collection: str, keys: Iterable[Key]) -> list[Kept]:
        """The before-images that a run has of some rows."""
        names = [("", name_of(key)) for key in keys]
        found = self.database.peek(lambda c: undo.find(c, run_id, self.family, collection, names))
        return [_kept(each) for each in found]

    def fitting_images(
        self, collection: str, digests: Mapping[Key, bytes], runs: Sequence[str]
    ) -> dict[Key, Kept]:
        """What rows held before the newest of ``runs`` that wrote them.

        ``digests`` are of what the rows hold now; those are left out that hold something else than
        the run wrote.
        """
        found: dict[Key, Kept] = {}
        for run_id in runs:
            for image in self.find_undo(run_id, collection, digests.keys() - found.keys()):
                if image.digest == digests[image.key]:
                    found[image.key] = image
        return found

    def keep(self, connection: Connection, run_id: str, images: Sequence[Kept]) -> None:
        """Keep before-images; in the transaction that writes the rows.

        A run that writes a row twice keeps what it held before the first time, unless somebody
        else wrote it in between.
        """
        undo.keep(
            connection,
            [
                (
                    run_id,
                    self.family,
                    each.collection,
                    name_of(each.key),
                    each.version,
                    each.raw,
                    each.written_version,
                    each.digest,
                    each.read_digest,
                )
                for each in images
            ],
        )

    def forget(self, connection: Connection, run_id: str, rows: Sequence[Kept]) -> None:
        """Forget before-images; in a transaction of the caller's."""
        undo.forget(connection, run_id, [_stored_key(self.family, each) for each in rows])

    def drop_undo(self, run_id: str) -> int:
        """See `kconv.place.Place.drop_undo`."""
        total = 0
        while gone := self.database.write(lambda c: undo.drop(c, run_id, _DROP_STEP)):
            total += gone
        return total

    def expire_undo(self) -> int:
        """See `kconv.place.Place.expire_undo`."""
        total = 0
        while (run_id := self.database.read(runs.undo_is_over)) is not None:
            total += self.drop_undo(run_id)
        return total

    # Quarantine. Marks are numbers there; what they are in the place is for the caller to say.

    def quarantine(self, entries: Sequence[tuple[Quarantined, int]]) -> None:
        """Record rows, each with its mark as a number."""
        stored = [self._stored(each, mark) for each, mark in entries]
        self.database.write(lambda c: quarantine.add(c, stored))

    def release(self, entries: Sequence[tuple[Quarantined, int]]) -> int:
        """Take rows out of quarantine."""
        stored = [self._stored(each, mark) for each, mark in entries]
        return self.database.write(lambda c: quarantine.remove(c, stored))

    def rewritten(
        self, connection: Connection, collection: str, rows: Sequence[tuple[Key, int]]
    ) -> None:
        """Forget rows (key, mark) that have been rewritten; in a transaction of the caller's."""
        if quarantine.is_empty(connection, "objects"):
            return
        keys = [(StoredKey(self.family, collection, "", name_of(key)), mark) for key, mark in rows]
        quarantine.rewritten(connection, "objects", keys)

    def quarantined(
        self, collection: str | None, run_id: str | None = None
    ) -> list[tuple[Quarantined, int]]:
        """What is recorded, also of rows that are no longer as they were, each with its mark."""
        found = self.database.peek(
            lambda c: quarantine.entries_of(c, self.family, collection, run_id)
        )
        return [(_entry(each), each.resource_version) for each in found]

    def _stored(self, entry: Quarantined, mark: int) -> StoredEntry:
        return StoredEntry(
            run=entry.run,
            key=StoredKey(self.family, entry.collection, "", name_of(entry.key)),
            resource_version=mark,
            api_version=entry.version,
            where="objects",
            reason=entry.reason,
            message=entry.message,
            findings=entry.findings,
            since=entry.since,
        )

    def reclaimable(self) -> Reclaimable:
        """See `kconv.place.Place.reclaimable`."""
        return self.database.read(free_space.reclaimable)

    def check_held(self, connection: Connection, run_id: str) -> None:
        """Have a run stay as it is until commit. Raises `Conflict` when it is no longer held."""
        runs.check_held(connection, run_id)


def is_collection_name(name: str) -> bool:
    """Whether a collection may be called so: families stand beside names in the side tables."""
    return bool(name) and not name.startswith(OTHER_PLACES) and f".{OTHER_PLACES}" not in name


def name_of(key: Key) -> str:
    """The text of a key in the side tables."""
    return msgspec.json.encode(key).decode()


def key_of(name: str) -> Key:
    """The key that a text in the side tables is of."""
    return tuple(msgspec.json.decode(name))


def _start(after: Key) -> tuple[str, str, str]:
    if len(after) != 2:
        raise UsageError("after is not where a page of before-images ended")
    return str(after[0]), "", str(after[1])


def place_in_order(image: Kept) -> Key:
    """Where a before-image is in the order of pages."""
    return image.collection, name_of(image.key)


def _kept(image: StoredImage) -> Kept:
    return Kept(
        image.key.resource,
        key_of(image.key.name),
        image.api_version,
        image.data,
        image.written_api_version,
        image.written_digest,
    )


def _stored_key(family: str, kept: Kept) -> StoredKey:
    return StoredKey(family, kept.collection, "", name_of(kept.key))


def _entry(stored: StoredEntry) -> Quarantined:
    return Quarantined(
        run=stored.run,
        collection=stored.key.resource,
        section=OBJECTS,
        key=key_of(stored.key.name),
        version=stored.api_version,
        mark=stored.resource_version,
        reason=stored.reason,
        message=stored.message,
        findings=stored.findings,
        since=stored.since,
    )
