"""`Memory`: the newest states of objects, as verbs ask for them."""

from __future__ import annotations

from typing import Protocol

from kconv._gvk import GroupResource
from kconv._store import Change, Key
from kconv._verbs.memory.cached_row import CachedRow
from kconv._verbs.memory.collection import Collection
from kconv._verbs.memory.limits import MemoryUse


class Memory(Protocol):
    """Reads that have every write which was acknowledged before them, by any process."""

    use: MemoryUse

    @property
    def position(self) -> int:
        """The resourceVersion as of which reads are answered."""
        ...

    @property
    def compacted(self) -> int:
        """The resourceVersion up to which the change log is gone."""
        ...

    async def fresh(self) -> None:
        """Have every change that was committed before this call. Raises `StoreError`."""
        ...

    async def row(self, key: Key) -> CachedRow | None:
        """The object under a key; None if there is none."""
        ...

    def recent(self, key: Key) -> CachedRow | None:
        """A state in memory, without a look: someone may have written another since."""
        ...

    def of_log(self, change: Change) -> CachedRow:
        """The row after a change that was read from the log."""
        ...

    async def complete(self, resource: GroupResource) -> Collection | None:
        """All objects of a resource, as of ``position``; None where they are not in memory."""
        ...

    def wrote(self, row: CachedRow) -> None:
        """A state of an object has been written here."""
        ...

    def removed(self, key: Key) -> None:
        """An object has been deleted here."""
        ...
