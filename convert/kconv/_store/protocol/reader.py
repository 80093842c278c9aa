"""Reads for a server's memory: on its event loop, with what they are consistent with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from kconv._store.continuity import ChangesRead
from kconv._store.records import Key, Look, Stored


class RowsRead(NamedTuple):
    """Rows by key (None: there is none), all as of ``look``."""

    rows: dict[Key, Stored | None]
    look: Look


class Snapshot(NamedTuple):
    """All objects of a resource as of ``look``, by namespace and name."""

    rows: list[Stored]
    look: Look


class Reader(Protocol):
    """A connection of its own for reads that must be quick; used by one event loop.

    Every answer is of one moment that is not before the call, so it has every write that was
    acknowledged before. Any call may raise `kconv._errors.StoreError`.
    """

    immediate: bool
    """Whether calls return without suspending the caller, but for a database that is locked."""

    async def look(self) -> Look:
        """The counters now."""
        ...

    async def changes(self, position: int, limit: int) -> ChangesRead:
        """The first changes from ``position`` on, including the one at ``position`` itself.

        That one tells whether the log still is the one that was read up to there.
        """
        ...

    async def rows(self, keys: Sequence[Key]) -> RowsRead:
        """The rows under these keys."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...
