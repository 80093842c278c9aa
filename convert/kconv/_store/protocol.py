"""What the server and the migration ask of a store."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence
from typing import Protocol

from kconv._store.operations import Operations
from kconv._store.records import AsRead, Change, Count, Key, Page, StorageVersion, Stored


class Store(Operations, Protocol):
    """Objects, their change log and the record of the versions they are encoded in.

    What its operation needs besides, from servers to before-images, is in `Operations`.

    Calls block and may come from any thread. Writes compare resourceVersions (``expected``), and
    each gets a resourceVersion higher than any that a reader could have seen before it; readers
    see changes in that order, without gaps. Any call may raise `Unavailable`.
    """

    def get(self, key: Key) -> Stored:
        """The object under ``key``. Raises `NotFound`."""
        ...

    def create(
        self, key: Key, *, uid: str, api_version: str, data: bytes, before: bytes | None = None
    ) -> Stored:
        """Store a new object. Raises `AlreadyExists`, `VersionNotOnRecord`."""
        ...

    def update(
        self,
        key: Key,
        *,
        expected: int,
        api_version: str,
        data: bytes,
        before: bytes | None = None,
    ) -> Stored:
        """Replace the object if its resourceVersion is still ``expected``.

        Raises `NotFound`, `Conflict`, `VersionNotOnRecord`.
        """
        ...

    def delete(
        self,
        key: Key,
        *,
        expected: int,
        api_version: str,
        data: bytes,
        before: bytes | None = None,
    ) -> Stored:
        """Remove the object if its resourceVersion is still ``expected``.

        ``data`` is its final state, which the change log keeps under a new resourceVersion.
        Raises `NotFound`, `Conflict`, `VersionNotOnRecord`.
        """
        ...

    def list(
        self,
        group: str,
        resource: str,
        *,
        namespace: str | None = None,
        limit: int | None = None,
        after: tuple[str, str] | None = None,
    ) -> Page:
        """Objects ordered by namespace and name, in one snapshot; None is every namespace."""
        ...

    def changes(
        self,
        after: int,
        *,
        group: str | None = None,
        resource: str | None = None,
        namespace: str | None = None,
        limit: int = 500,
    ) -> builtins.list[Change]:
        """The first ``limit`` changes whose resourceVersion is over ``after``, oldest first.

        Raises `Expired` when the log has been compacted past ``after``.
        """
        ...

    def head(self) -> int:
        """The newest resourceVersion."""
        ...

    def oldest(self) -> int:
        """The lowest ``after`` that `changes` still answers."""
        ...

    def compact(self, keep: int) -> int:
        """Forget all but the newest ``keep`` changes; returns how many were forgotten."""
        ...

    def ensure(self, kinds: Iterable[tuple[str, str, str]]) -> None:
        """Record a preferred version for resources that have none.

        ``kinds`` are (group, resource, default api_version).
        """
        ...

    def storage_versions(self) -> builtins.list[StorageVersion]:
        """Every version on record, ordered by group, resource and version."""
        ...

    def storage_version(self, group: str, resource: str) -> str:
        """The apiVersion that new rows are to be encoded in. Raises `VersionNotOnRecord`."""
        ...

    def prefer(
        self, group: str, resource: str, api_version: str, *, live: float | None = None
    ) -> None:
        """Make a version the preferred one; it is put on record if it was not.

        With ``live``, every server seen in so many seconds must be able to decode the version:
        `Conflict` names those that cannot. That check and a server's start (`register`) wait for
        each other. None asks no server.
        """
        ...

    def counts(self) -> builtins.list[Count]:
        """Rows per resource and version on record; versions without any are listed with 0."""
        ...

    def scan_objects(
        self,
        group: str,
        resource: str,
        *,
        other_than: str,
        after: tuple[str, str] | None,
        limit: int,
    ) -> builtins.list[Stored]:
        """Objects that are not encoded in ``other_than``, by key, from after (namespace, name).

        At most ``limit``; a page ends at some 16 MiB of data too, and only an empty one is the
        last.
        """
        ...

    def scan_changes(
        self, group: str, resource: str, *, other_than: str, after: int, limit: int
    ) -> builtins.list[Change]:
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

    def drop(self, group: str, resource: str, api_version: str) -> bool:
        """Take a version off the record, in the transaction that proves that no row needs it.

        True when it is off the record (or never was on it); False when objects or changes are
        left in it or it is the preferred one. Nothing can be written in it afterwards.
        """
        ...

    def close(self) -> None:
        """Give back the connections. A later call opens new ones."""
        ...
