"""Stored objects as the server works on them: read, encoded for clients, written."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Literal, TypeVar

from kconv._codec import LIMIT
from kconv._errors import VersionNotOnRecord
from kconv._gvk import GroupResource
from kconv._pipeline import Decoded, HubObject, Pipeline
from kconv._pipeline.view import metadata_of
from kconv._scheme import HubKind, Spoke
from kconv._store import Key, Store, Stored, Write, not_found
from kconv._verbs.current import Current
from kconv._verbs.memory import CachedRow, Memory
from kconv._verbs.object_reader import ObjectReader
from kconv._verbs.ownership import Ownership
from kconv._verbs.storage_versions import StorageVersions
from kconv._verbs.stored_size import check_stored_size, marked_as_stored, most_bytes
from kconv._verbs.waiting import Waiting

T = TypeVar("T")

_WRITE_ATTEMPTS = 5
PAGE = 500
"""How many objects are read at a time."""

_log = logging.getLogger(__name__)


class Objects(ObjectReader):
    """Reads and writes of stored objects, through the pipeline.

    ``memory`` is where their newest states are, ``waiting`` how calls wait for the database.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        store: Store,
        memory: Memory,
        waiting: Waiting,
        *,
        collects_garbage: bool = False,
        leaves_out_unreadable: bool = False,
        held_by: Mapping[GroupResource, str] | None = None,
    ) -> None:
        super().__init__(pipeline, memory)
        self.store = store
        self.waiting = waiting
        self.versions = StorageVersions(store, waiting, pipeline.scheme)
        self.ownership = Ownership(pipeline)
        self.collects_garbage = collects_garbage
        """Whether a delete may leave its dependents to the garbage collector."""
        self.leaves_out_unreadable = leaves_out_unreadable
        """Whether lists and watches go on without what cannot be read, or fail."""
        self.held_by = held_by or {}
        """The finalizers that objects of some resources get with their deletion.

        The server has something to do before they go.
        """

    async def get(self, kind: HubKind, key: Key, *, newest: bool = True) -> Current:
        """An object. Raises `kconv._errors.NotFound` and `Undecodable`."""
        return self.read(kind, await self.row(key, newest=newest))

    async def get_or_salvage(self, kind: HubKind, key: Key, *, newest: bool = True) -> Current:
        """An object, even one that cannot be read. Raises `kconv._errors.NotFound`."""
        return self.read_or_salvage(kind, await self.row(key, newest=newest))

    async def row(self, key: Key, *, newest: bool = True) -> CachedRow:
        """The row of an object. Raises `kconv._errors.NotFound`.

        It has every write that was acknowledged before this call. Without ``newest`` it may be the
        state in memory without a look at the database: for code that the store tells, on
        writing, that there is another one.
        """
        row = None if newest else self.memory.recent(key)
        if row is None:
            row = await self.memory.row(key)
        if row is None:
            self.undecodable.forget(key)
            raise not_found(key)
        return row

    async def is_newest(self, row: CachedRow) -> bool:
        """Whether a row that was in memory still is the object's state, as of now."""
        newest = await self.memory.row(row.key)
        return newest is row or (newest is not None and newest.same_state(row.stored))

    async def pages(
        self, kind: HubKind, namespace: str | None = None, *, size: int = PAGE
    ) -> AsyncIterator[tuple[list[CachedRow], int]]:
        """All objects of a kind, or those in a namespace, a page at a time.

        With each page comes the resourceVersion that it was read at. What is written after that of
        the first page may be in a later one or not.
        """
        resource = kind.group_resource
        collection = await self.memory.complete(resource)
        if collection is not None:
            version, rows = self.memory.position, list(collection.within(namespace)[0])
            for start in range(0, max(len(rows), 1), size):
                yield rows[start : start + size], version
            return
        after: tuple[str, str] | None = None
        while True:
            read = partial(
                self.store.list,
                resource.group,
                resource.resource,
                namespace=namespace,
                limit=size,
                after=after,
            )
            page = await self.waiting.blocking(read)
            yield [CachedRow(stored) for stored in page.items], page.resource_version
            after = page.next
            if after is None:
                return

    async def create(
        self,
        kind: HubKind,
        key: Key,
        hub: HubObject,
        shown: Decoded | None,
        within: CachedRow | None = None,
    ) -> CachedRow:
        """Store a new object; ``shown`` is as in `update`.

        ``within`` is a row that must be in this very state still, such as that of its namespace.
        Raises `AlreadyExists`, `ConditionFailed`.
        """
        uid = metadata_of(hub.native)["uid"]
        condition = (within.key, within.stored.resource_version) if within is not None else None

        def write(api_version: str, data: bytes) -> Write:
            return Write("ADDED", key, api_version, data, None, uid=uid, within=condition)

        return await self._write(hub, shown, write, most=most_bytes(hub))

    async def update(self, old: Current, hub: HubObject, shown: Decoded | None = None) -> CachedRow:
        """Replace an object that is still as it was read. Raises `NotFound`, `Conflict`.

        ``shown`` is the new state in some version, which is encoded if that is the version to store
        it in.
        """

        def write(api_version: str, data: bytes) -> Write:
            return self._replacing("MODIFIED", old, api_version, data)

        goes = bool(metadata_of(hub.native).get("deletionTimestamp"))
        marked = marked_as_stored(hub, old) if goes else None
        row = await self._write(hub, shown, write, most=most_bytes(hub, old), marked=marked)
        self.undecodable.forget(row.key)
        return row

    async def check_size(
        self, hub: HubObject, shown: Decoded | None = None, old: Current | None = None
    ) -> None:
        """Refuse what `create`, or `update` of ``old``, would for its size. Raises `TooLarge`."""
        spoke = await self.versions.spoke(hub.kind)
        check_stored_size(self._encoded(hub, shown, spoke), most_bytes(hub, old))

    async def delete(
        self, old: Current, final: HubObject, shown: Decoded | None = None
    ) -> CachedRow:
        """Remove an object that is still as it was read; ``final`` is its last state.

        Of an object that cannot be read, the change log keeps what was salvaged, so that watches
        can tell of its end. Raises `NotFound`, `Conflict`.
        """

        def write(api_version: str, data: bytes) -> Write:
            return self._replacing("DELETED", old, api_version, data)

        stored = old.stored
        if old.fault is not None and not self._can_be_shown(final):
            row = await self._submit(write(stored.api_version, stored.data))
        else:
            unchanged = stored if final is old.hub and old.fault is None else None
            marked = marked_as_stored(final, old)
            most = None if marked is None else LIMIT
            row = await self._write(final, shown, write, unchanged, most, marked)
        self.undecodable.forget(stored.key)
        return row

    @staticmethod
    def _replacing(
        type: Literal["MODIFIED", "DELETED"], old: Current, api_version: str, data: bytes
    ) -> Write:
        stored = old.stored
        return Write(
            type,
            stored.key,
            api_version,
            data,
            old.subject.encode(),
            expected=stored.resource_version,
            base=stored.data,
        )

    def _can_be_shown(self, hub: HubObject) -> bool:
        """Whether a hub value goes into every version and back."""
        try:
            for spoke in hub.kind.spokes:
                data = self.pipeline.encode(self.pipeline.from_hub(hub, spoke))
                self.pipeline.to_hub(self.pipeline.decode(data, spoke=spoke, trusted=True))
        except Exception:  # noqa: BLE001 - rules are users' code, which may need what is not here
            return False
        return True

    async def _write(
        self,
        hub: HubObject,
        shown: Decoded | None,
        write: Callable[[str, bytes], Write],
        unchanged: Stored | None = None,
        most: int | None = None,
        marked: Decoded | None = None,
    ) -> CachedRow:
        """Write an object in the version on record; ``unchanged`` has it encoded already.

        If that has more bytes than ``most`` it is written as ``marked``. Raises `TooLarge`.
        """
        for attempt in range(_WRITE_ATTEMPTS):
            spoke = await self.versions.spoke(hub.kind, refresh=attempt > 0)
            if unchanged is not None and unchanged.api_version == spoke.api_version:
                data = unchanged.data
            else:
                data = self._encoded(hub, shown, spoke)
            if marked is not None and most is not None and len(data) > most:
                spoke, data = marked.spoke, self.pipeline.encode(marked)
            check_stored_size(data, most)
            try:
                return await self._submit(write(spoke.api_version, data))
            except VersionNotOnRecord:
                if attempt == _WRITE_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def _encoded(self, hub: HubObject, shown: Decoded | None, spoke: Spoke) -> bytes:
        same = shown is not None and shown.spoke is spoke
        return self.pipeline.encode(shown if same and shown else self.pipeline.from_hub(hub, spoke))

    async def _submit(self, write: Write) -> CachedRow:
        row = CachedRow(await self.waiting.write(self.store, write))
        if write.type == "DELETED":
            self.memory.removed(write.key)
        else:
            self.memory.wrote(row)
        return row
