"""`Direct`: reads from the database itself, for code that does not follow its change log."""

from __future__ import annotations

from kconv._errors import NotFound
from kconv._gvk import GroupResource
from kconv._store import Change, Key, Store
from kconv._verbs.memory.cached_row import CachedRow
from kconv._verbs.memory.collection import Collection
from kconv._verbs.memory.limits import MemoryUse
from kconv._verbs.memory.protocol import Memory


class Direct(Memory):
    """Keeps nothing in memory, so any thread may use it; its reads block."""

    def __init__(self, store: Store) -> None:
        self.use = MemoryUse(0)
        self._store = store

    @property
    def position(self) -> int:
        return self._store.look().value

    @property
    def compacted(self) -> int:
        return self._store.look().compacted

    async def fresh(self) -> None:
        """Every read looks."""

    async def row(self, key: Key) -> CachedRow | None:
        try:
            return CachedRow(self._store.get(key))
        except NotFound:
            return None

    def recent(self, key: Key) -> CachedRow | None:
        return None

    def of_log(self, change: Change) -> CachedRow:
        return CachedRow(change.stored)

    async def complete(self, resource: GroupResource) -> Collection | None:
        return None

    def wrote(self, row: CachedRow) -> None:
        """Nothing is kept."""

    def removed(self, key: Key) -> None:
        """Nothing is kept."""
