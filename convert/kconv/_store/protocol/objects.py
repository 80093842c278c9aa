"""The part of a store that serves objects: the objects and their change log."""

from __future__ import annotations

import asyncio
import builtins
from typing import Protocol

from kconv._store.compaction import LogSize, Retention
from kconv._store.history import History, Place
from kconv._store.protocol.reader import Reader, Snapshot
from kconv._store.records import Change, Key, Look, Page, Stored
from kconv._store.write import Write


class Objects(Protocol):
    """Objects under their keys.

    Writes compare resourceVersions (``expected``), and each gets a resourceVersion higher than any
    that a reader could have seen before it.
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

    def write(self, write: Write) -> Stored:
        """Do a write, and return when it is on disk.

        Returns and raises what the future of `submit` has.
        """
        ...

    def submit(self, write: Write) -> asyncio.Future[Stored]:
        """Hand a write over and return at once; for callers on the thread of an event loop.

        The future has what `create`, `update` or `delete` would return, or the error that they
        would raise, or `ConditionFailed` where a condition of the write does not hold. Raises
        `TooManyRequests` where too many writes wait.
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

    def snapshot(self, group: str, resource: str, most_bytes: int) -> Snapshot | None:
        """All objects of a resource at one moment; None where they take more memory than that."""
        ...

    def open_reader(self) -> Reader:
        """A connection for the reads of an event loop; its user closes it."""
        ...


class ChangeLog(Protocol):
    """The changes of objects, which readers see by resourceVersion and without gaps."""

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

    def look(self) -> Look:
        """Where the store is now, in one cheap statement."""
        ...

    def bump(self, by: int = 1_000_000_000) -> Look:
        """Begin a new epoch, for the database may have gone back to an earlier state.

        The newest resourceVersion goes up by ``by``, which must be more than was given out since
        that state; no change from before can be read any more, and who watches is told to list
        again.
        """
        ...

    def head(self) -> int:
        """The newest resourceVersion."""
        ...

    def oldest(self) -> int:
        """The lowest ``after`` that `changes` still answers."""
        ...

    def states_at(
        self,
        group: str,
        resource: str,
        version: int,
        *,
        namespace: str | None = None,
        after: Place | None = None,
        upto: Place | None = None,
        most: int = 5000,
    ) -> History:
        """What objects that have changed since ``version`` were then, by key.

        Of those over ``after``, (namespace, name), up to ``upto``; ``most`` keys of the change log
        are looked at. Raises `Expired` when the log has been compacted up to ``version``.
        """
        ...

    def state_before(self, key: Key, version: int) -> Stored | None:
        """What an object was before its change ``version``; None where that is not known."""
        ...

    def compact(self, keep: int | Retention) -> int:
        """Forget all but the newest ``keep`` changes, or what is beyond a `Retention`.

        Goes in small steps; returns how many were forgotten. Lists at a resourceVersion that is
        newer than the cut are not hindered by it.
        """
        ...

    def tend_log(self, holder: str, retention: Retention) -> int:
        """Note the time of what is new, and forget what is beyond ``retention``.

        For a server to call every few seconds; of all that do, one (``holder`` tells them apart)
        does it. Returns how many changes were forgotten.
        """
        ...

    def log_size(self) -> LogSize:
        """How large and how old the change log is, as cheap as `look`."""
        ...
