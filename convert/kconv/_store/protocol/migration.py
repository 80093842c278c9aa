"""The part of a store that a migration needs: rows by encoded version, and what they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kconv._store.quarantine import Quarantined
from kconv._store.records import AsRead, Change, Key, Stored
from kconv._store.undo import BeforeImage, Restored
from kconv.place import Pressure, Reclaimable, UndoSize


class EncodedRows(Protocol):
    """Rows by the version they are encoded in: scanning them, and rewriting them in another."""

    @property
    def has_row_locks(self) -> bool:
        """Whether several can write at the same time, different rows; on SQLite, one can."""
        ...

    def scan_objects(
        self,
        group: str,
        resource: str,
        *,
        other_than: str,
        after: tuple[str, str] | None,
        limit: int,
        until: tuple[str, str] | None = None,
        passing_over: str = "",
    ) -> list[Stored]:
        """Objects that are not encoded in ``other_than``, by key, from after (namespace, name).

        And up to ``until``. At most ``limit``; a page ends at some 16 MiB of data too, and only an
        empty one is the last. What the run ``passing_over`` has put in quarantine is left out.
        """
        ...

    def scan_changes(
        self,
        group: str,
        resource: str,
        *,
        other_than: str,
        after: int,
        limit: int,
        until: int | None = None,
        passing_over: str = "",
    ) -> list[Change]:
        """Changes that are not encoded in ``other_than``, by resourceVersion, over ``after``.

        Pages are bounded as those of `scan_objects`.
        """
        ...

    def objects_boundary(
        self,
        group: str,
        resource: str,
        *,
        other_than: str,
        after: tuple[str, str] | None,
        rows: int,
    ) -> tuple[str, str] | None:
        """The (namespace, name) up to which `scan_objects` has ``rows`` objects, or some more.

        None where there are no more than so many. It reads no data.
        """
        ...

    def changes_boundary(
        self, group: str, resource: str, *, other_than: str, after: int, rows: int
    ) -> int | None:
        """As `objects_boundary`, the resourceVersion up to which `scan_changes` has them."""
        ...

    def rewrite(
        self,
        items: Sequence[tuple[AsRead, str, bytes]],
        *,
        run: str | None = None,
        keep_undo: bool = False,
    ) -> int:
        """Re-encode objects: (as read, new api_version, new data). All or none is attempted.

        Only rows that are still as read are written. The objects do not change by it: they keep
        their resourceVersions and the change log gets no entries. What is in quarantine of these
        rows leaves it. Returns the rows rewritten.

        ``run`` is the id of the run that does it, which must still be held (`Conflict`). With
        ``keep_undo``, what each row held before is kept under it in the same transaction, for
        `restore`; a run that writes a row twice keeps what it held before the first time, unless
        somebody else wrote it in between. Raises `VersionNotOnRecord`.
        """
        ...

    def rewrite_changes(
        self, items: Sequence[tuple[AsRead, str, bytes]], *, run: str | None = None
    ) -> int:
        """`rewrite` for entries of the change log.

        They have no before-images: an entry says the same in either version and is compacted
        before long.
        """
        ...


class BeforeImages(Protocol):
    """What objects were before a run, for the way back."""

    def undo_size(self, run_id: str) -> UndoSize:
        """How many before-images of a run there are, and their bytes."""
        ...

    def undo_page(self, run_id: str, *, after: Key | None, limit: int) -> list[BeforeImage]:
        """Before-images of a run by key, from after a key; a page ends at some 16 MiB."""
        ...

    def find_undo(
        self, run_id: str, group: str, resource: str, names: Sequence[tuple[str, str]]
    ) -> list[BeforeImage]:
        """The before-images that a run has of objects, each (namespace, name)."""
        ...

    def restore(
        self,
        run_id: str,
        items: Sequence[BeforeImage],
        *,
        live: float | None = None,
        held: str | None = None,
    ) -> Restored:
        """Put back, in one transaction, the objects that still are what the run wrote.

        They keep their resourceVersions and the change log gets no entries. Their before-images
        are forgotten, those of the others stay. A version that has left the record since comes
        back on it, though not as the preferred one: `Conflict` when a server seen within ``live``
        seconds cannot decode it, or when ``held``, the run that does this, is no longer held.
        """
        ...

    def drop_undo(self, run_id: str) -> int:
        """Forget the before-images of a run; returns how many there were."""
        ...

    def expire_undo(self) -> int:
        """Forget the before-images that have been kept for long enough; returns how many.

        Does nothing while a run goes on, which may be undoing one.
        """
        ...

    def pressure(self, section: str, wanted: frozenset[str]) -> Pressure:
        """What the database is under, of objects or changes; see `kconv.place.Place.pressure`."""
        ...

    def reclaimable(self) -> Reclaimable:
        """The room that rows which are gone take still, and how it can be given back."""
        ...


class Quarantine(Protocol):
    """Rows that a run could not rewrite."""

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        """Record rows that a run could not rewrite.

        An entry vanishes when its row is written, rewritten or deleted.
        """
        ...

    def quarantined(
        self, group: str | None = None, resource: str | None = None
    ) -> list[Quarantined]:
        """The rows in quarantine, by key and resourceVersion."""
        ...

    def release(self, entries: Sequence[Quarantined]) -> int:
        """Take rows out of quarantine as they are; returns how many were in it."""
        ...
