"""The part of a store that says which versions rows may be encoded in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from kconv._store.records import Count, StorageVersion


class VersionRecord(Protocol):
    """The record of storage versions: one preferred for each resource, and others with rows."""

    def ensure(self, kinds: Iterable[tuple[str, str, str]]) -> None:
        """Record a preferred version for resources that have none.

        ``kinds`` are (group, resource, default api_version).
        """
        ...

    def storage_versions(self) -> list[StorageVersion]:
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

    def prefer_all(
        self, versions: Iterable[tuple[str, str, str]], *, live: float | None = None
    ) -> None:
        """`prefer` each of these (group, resource, api_version), or none of them."""
        ...

    def drop(self, group: str, resource: str, api_version: str) -> bool:
        """Take a version off the record, in the transaction that proves that no row needs it.

        True when it is off the record (or never was on it); False when objects or changes are
        left in it or it is the preferred one. Nothing can be written in it afterwards.
        """
        ...

    def counts(self) -> list[Count]:
        """Rows per resource and version on record; versions without any are listed with 0."""
        ...
