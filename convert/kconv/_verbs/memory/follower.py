"""`Follower`: the objects of the database in memory, kept as they are by the change log.

A read is answered from memory after one look at the counters of the database that began after the
read came, so it has every write that was acknowledged before, by any server. Reads that come at
the same time share the look. What the look says is new is read from the change log first.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Protocol

from anyio import to_thread

from kconv._errors import Expired
from kconv._gvk import GroupResource
from kconv._store import (
    Change,
    ChangesRead,
    Followed,
    Key,
    Look,
    Position,
    Reader,
    Store,
    begin,
)
from kconv._verbs.loop_work import Turns
from kconv._verbs.memory.cached_row import CachedRow
from kconv._verbs.memory.collection import Collection
from kconv._verbs.memory.limits import CACHE_BYTES, MemoryUse
from kconv._verbs.memory.shared_work import SharedWork

PAGE = 500
"""How many changes of the log are read at a time."""

TOO_LARGE_SECONDS = 60.0
"""How long a resource that did not fit into memory is read from the database instead."""

_log = logging.getLogger(__name__)

_MOST_OWN = 1000
_LOADS = 3


class Listener(Protocol):
    """What wants to know of each change, in order."""

    def changed(self, change: Change, row: CachedRow) -> None:
        """A change has been read from the log; ``row`` is the object after it."""
        ...

    def interrupted(self) -> None:
        """Changes are missing: the log has been compacted past them, or went back."""
        ...


class Follower:
    """Follows the change log of a store; belongs to one event loop."""

    def __init__(self, store: Store, cache_bytes: int = CACHE_BYTES, *, page: int = PAGE) -> None:
        self.store = store
        self.page = page
        self.use = MemoryUse(cache_bytes)
        self.compacted = 0
        self.listeners: list[Listener] = []
        self._at = Position(0, Look(0, 0, "", 0), None)
        self._noted: Look | None = None
        self._rewrites = 0
        self._catching = asyncio.Lock()
        self._collections: dict[tuple[str, str], Collection] = {}
        self._own: dict[Key, CachedRow] = {}
        self._loading: Turns[tuple[str, str]] = Turns()
        self._reader: Reader | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_fresh = False
        self._looks: SharedWork[None, None] = SharedWork(self._look, gathers=True)
        self._fetches: SharedWork[Key, CachedRow | None] = SharedWork(self._fetch)
        self._background: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        """The resourceVersion up to which changes have been read."""
        return self._at.value

    async def start(self) -> None:
        """Begin to follow; forgets what it knew when it followed in another event loop."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        self.stop()
        reader = self.store.open_reader()
        look = await reader.look()
        at = begin(await reader.changes(look.value, 1))
        self._reader, self._loop = reader, loop
        self._begin(at)

    def stop(self) -> None:
        """Give the connection back."""
        self.forget()
        if self._reader is not None:
            self._reader.close()
        self._reader = self._loop = None
        self._looks, self._fetches = SharedWork(self._look, gathers=True), SharedWork(self._fetch)
        self._loading = Turns()
        self._catching = asyncio.Lock()
        self._noted = None
        self._is_fresh = False

    def forget(self) -> None:
        """Forget all objects; they are read again when they are asked for."""
        for collection in self._collections.values():
            collection.clear()
        self._collections.clear()
        self._own.clear()

    def forget_resource(self, resource: GroupResource) -> None:
        """Forget the objects of one resource, whose kind is another one from now on."""
        known = self._collections.pop((resource.group, resource.resource), None)
        if known is not None:
            known.clear()

    async def fresh(self) -> None:
        """Have read every change that was committed before this call.

        Raises `kconv._errors.StoreError`.
        """
        if self._is_fresh:
            return
        reader, loop = self._reader, self._loop
        assert reader is not None, "not started"
        assert loop is not None, "set with the reader"
        if not reader.immediate:
            await self._looks.ask(None)
            return
        await self._catch_up(await reader.look())
        # It holds for what is called in this turn of the loop: that was queued before the look.
        self._is_fresh = True
        loop.call_soon(self._end_turn)

    def _end_turn(self) -> None:
        self._is_fresh = False

    async def _look(self, asked: list[None]) -> Iterable[None]:
        await self._catch_up(await self._opened.look())
        return asked

    @property
    def _opened(self) -> Reader:
        assert self._reader is not None, "not started"
        return self._reader

    async def _catch_up(self, look: Look) -> None:
        """Read the changes up to ``look``."""
        if look is self._noted:
            return
        async with self._catching:
            if look.value < self.position:
                # Another look overtook it, or the database went back.
                look = await self._opened.look()
            while self._note(look) and look.value != self.position:
                read = await self._opened.changes(self.position, self.page + 2)
                look = read.look
                followed = self._followed(read) if self._note(look) else None
                if followed is None:
                    return
                self._apply(followed)
                if followed.complete:
                    break
                await asyncio.sleep(0)
            self._noted = look

    def _note(self, look: Look) -> bool:
        """Take note of counters; False where nothing that was known holds any more."""
        if look.epoch != self._at.look.epoch:
            return self._followed(ChangesRead([], look)) is not None
        if look.rewrites > self._rewrites:
            # Rows may be other bytes by now, without another resourceVersion.
            self._rewrites = look.rewrites
            self.forget()
        self.compacted = look.compacted
        return True

    def _followed(self, read: ChangesRead) -> Followed | None:
        """What comes next; None where the log is not the one that was read up to here."""
        try:
            return self._at.follow(read, self.page)
        except Expired as error:
            _log.warning("what was read of the database is forgotten: %s", error)
            self._begin(Position(read.look.value, read.look, None))
            for listener in self.listeners:
                listener.interrupted()
            return None

    def _begin(self, at: Position) -> None:
        self.forget()
        self._at, self._noted = at, None
        self.compacted, self._rewrites = at.look.compacted, at.look.rewrites

    def _apply(self, followed: Followed) -> None:
        for change in followed.changes:
            stored = change.stored
            key = stored.key
            row = self._own.pop(key, None)
            if row is not None and row.stored.resource_version > stored.resource_version:
                self._own[key] = row
            if row is None or not row.same_state(stored):
                row = CachedRow(stored)
            collection = self._collections.get((key.group, key.resource))
            if collection is not None:
                collection.apply(change, row)
            for listener in self.listeners:
                listener.changed(change, row)
        self._at = followed.position
        self._shrink()

    def collection(self, group: str, resource: str) -> Collection:
        """What there is in memory of a resource."""
        found = self._collections.get((group, resource))
        if found is None:
            found = self._collections[group, resource] = Collection(self.use, self.position)
        return found

    async def row(self, key: Key) -> CachedRow | None:
        """The object under a key; None if there is none."""
        if not self._is_fresh:
            await self.fresh()
        collection = self._collections.get((key.group, key.resource))
        if collection is not None:
            row = collection.rows.get((key.namespace, key.name))
            if row is not None:
                return row
            if self._is_usable(collection):
                return None
        if self._opened.immediate:
            return next(iter(await self._fetch([key])))
        return await self._fetches.ask(key)

    async def _fetch(self, keys: list[Key]) -> Iterable[CachedRow | None]:
        rows, look = await self._opened.rows(keys)
        # A row read before the last change that was followed may be gone by now.
        holds = self._note(look) and look.rewrites == self._rewrites and look.value >= self.position
        found: dict[Key, CachedRow | None] = {}
        for key, stored in rows.items():
            made = CachedRow(stored) if stored is not None else None
            if made is not None and holds:
                collection = self.collection(key.group, key.resource)
                known = collection.rows.get(made.place)
                if known is not None and known.same_state(made.stored):
                    made = known
                elif not collection.complete:
                    collection.put(made)
            found[key] = made
        self._shrink()
        return [found[key] for key in keys]

    def recent(self, key: Key) -> CachedRow | None:
        """The newest state in memory, without a look: someone may have written another since."""
        own = self._own.get(key)
        if own is not None:
            return own
        collection = self._collections.get((key.group, key.resource))
        return collection.rows.get((key.namespace, key.name)) if collection is not None else None

    def of_log(self, change: Change) -> CachedRow:
        """The row after a change that was read from the log, which may be in memory."""
        known = self.recent(change.stored.key)
        if known is not None and known.same_state(change.stored):
            return known
        return CachedRow(change.stored)

    def wrote(self, row: CachedRow) -> None:
        """This server has written a state of an object, which the log has to be read up to yet."""
        if row.stored.resource_version > self.position:
            self._own[row.key] = row
        if len(self._own) > _MOST_OWN and self._background is None and self._loop is not None:
            self._background = self._loop.create_task(self._catch_up_aside())

    def removed(self, key: Key) -> None:
        """This server has deleted an object."""
        self._own.pop(key, None)

    async def _catch_up_aside(self) -> None:
        try:
            await self.fresh()
        finally:
            self._background = None

    async def complete(self, resource: GroupResource) -> Collection | None:
        """All objects of a resource, as of ``position``; None where they do not fit in memory."""
        place = (resource.group, resource.resource)
        for _ in range(_LOADS):
            await self.fresh()
            collection = self.collection(*place)
            if self._is_usable(collection):
                return collection
            if time.monotonic() < collection.too_large_until:
                return None
            async with self._loading.turn(place):
                loaded = collection.complete or await self._load(resource, collection)
            if not loaded:
                return None
        return None

    def _is_usable(self, collection: Collection) -> bool:
        """Whether it has all objects. It may have been read after what was looked at last."""
        return collection.complete and self.position >= collection.as_of

    async def _load(self, resource: GroupResource, collection: Collection) -> bool:
        """Read all objects of a resource; False where they do not fit."""
        collection.begin_load()
        snapshot = await to_thread.run_sync(
            self.store.snapshot, resource.group, resource.resource, self.use.limit
        )
        current = self._collections.get((resource.group, resource.resource))
        if snapshot is None:
            collection.too_large_until = time.monotonic() + TOO_LARGE_SECONDS
            return False
        look = snapshot.look
        known = (self._at.look.epoch, self._rewrites)
        if current is not collection or (look.epoch, look.rewrites) != known:
            # Something was rewritten meanwhile; what was read may be from before.
            return True
        collection.end_load(snapshot.rows, look.value)
        self._shrink(keep=collection)
        if not collection.complete:
            collection.too_large_until = time.monotonic() + TOO_LARGE_SECONDS
            return False
        return True

    def _shrink(self, keep: Collection | None = None) -> None:
        """Free memory while there is too much in it."""
        if self.use.excess() <= 0:
            return
        self.use.drop_made()
        for collection in self._collections.values():
            while collection.rows and not collection.complete and self.use.excess() > 0:
                collection.shrink()
        others = [each for each in self._collections.values() if each.complete and each is not keep]
        others.sort(key=lambda each: -len(each.rows))
        for complete in (*others, keep):
            if complete is not None and self.use.excess() > 0:
                complete.clear()
