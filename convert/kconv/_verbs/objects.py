"""Stored objects as the server works on them: read, encoded for clients, written."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Literal, TypeVar

from kconv._errors import KconvError, VersionNotOnRecord
from kconv._gvk import GroupResource
from kconv._pipeline import Decoded, HubObject, Pipeline
from kconv._pipeline.view import metadata_of
from kconv._scheme import HubKind, Spoke
from kconv._store import Key, Store, Stored, Write, not_found
from kconv._structural import Unconverted, converted, is_structural
from kconv._verbs.current import Current, spoke_of
from kconv._verbs.encoded import Encoded, encode_object
from kconv._verbs.memory import CachedRow, Memory
from kconv._verbs.ownership import Ownership
from kconv._verbs.selectors import Subject
from kconv._verbs.storage_versions import StorageVersions
from kconv._verbs.stored_size import check_stored_size, most_bytes
from kconv._verbs.undecodable import Undecodable, salvage
from kconv._verbs.undecodable_registry import UndecodableRegistry
from kconv._verbs.waiting import Waiting

T = TypeVar("T")

_WRITE_ATTEMPTS = 5
PAGE = 500
"""How many objects are read at a time."""

_log = logging.getLogger(__name__)


class Objects:
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
        self.pipeline = pipeline
        self.store = store
        self.waiting = waiting
        self.versions = StorageVersions(store, waiting, pipeline.scheme)
        self.undecodable = UndecodableRegistry()
        self.memory = memory
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

    def read(self, kind: HubKind, row: CachedRow) -> Current:
        """The object of a row, decoded. Raises `Undecodable` for one this server cannot read."""
        stored = row.stored
        try:
            decoded = self.pipeline.decode(stored.data, spoke=spoke_of(kind, stored), trusted=True)
            current = Current(row, self.pipeline.to_hub(decoded), decoded)
        except Unconverted:
            raise
        except Exception as error:
            raise self._fault(stored, error) from error
        self.undecodable.read(stored)
        return current

    def read_or_salvage(self, kind: HubKind, row: CachedRow) -> Current:
        """The object of a row, or what can be salvaged of it."""
        try:
            return self.read(kind, row)
        except Undecodable as fault:
            hub = HubObject(kind, salvage(self.pipeline, kind, row.stored))
            return Current(row, hub, fault=fault)

    def subject(self, kind: HubKind, row: CachedRow) -> tuple[Subject, Current | None]:
        """What selectors see of a row, and the object where it had to be decoded for that."""
        if row.subject is not None:
            return row.subject, None
        current = self.read_or_salvage(kind, row)
        subject = current.subject
        self.memory.use.keep_subject(row, subject)
        return subject, current

    def encoded(
        self,
        spoke: Spoke,
        row: CachedRow,
        current: Current | None = None,
        *,
        own_metadata: bool = False,
    ) -> Encoded:
        """A row as a client of ``spoke`` sees it; ``current`` spares decoding it once more.

        With ``own_metadata``, `Encoded.metadata` will be asked for. Raises `Undecodable` for a row
        that this server cannot read.
        """
        use = self.memory.use
        found = row.encoded.get(spoke)
        if found is not None and not (own_metadata and found.lacks_metadata(spoke)):
            use.hits += 1
            return found
        if current is None and is_structural(spoke):
            found = self.ahead(spoke, [row]).get(row)
            if found is not None:
                return found
        use.misses += 1
        if current is not None and current.fault is not None:
            raise current.fault
        stored = row.stored
        try:
            made = self._encode(spoke, stored, current, own_metadata)
        except Unconverted:
            raise
        except Exception as error:
            raise self._fault(stored, error) from error
        self.undecodable.read(stored)
        use.keep_encoded(row, spoke, made)
        return made

    def ahead(self, spoke: Spoke, rows: Sequence[CachedRow]) -> dict[CachedRow, Encoded]:
        """Encode those rows of a structural kind that are not yet, and keep them.

        Raises as `made_ahead`.
        """
        made = self.made_ahead(spoke, rows)
        self.memory.use.keep_ahead(spoke, made)
        self.memory.use.drop_made()
        return made

    def made_ahead(self, spoke: Spoke, rows: Sequence[CachedRow]) -> dict[CachedRow, Encoded]:
        """What rows of a structural kind are in a version, converting at once all that are in one.

        Nothing is kept, so that a thread may do it. Those that cannot be decoded are left for
        `encoded` to tell of. Raises what the conversion of the kind does.
        """
        groups: dict[Spoke, list[tuple[CachedRow, Decoded]]] = {}
        for row in rows:
            if spoke not in row.encoded:
                with suppress(KconvError):
                    source = spoke_of(spoke.kind, row.stored)
                    found = self.pipeline.decode(row.stored.data, spoke=source, trusted=True)
                    groups.setdefault(source, []).append((row, found))
        made: dict[CachedRow, Encoded] = {}
        for source, some in groups.items():
            natives = [found.native for _, found in some]
            if source is not spoke:
                natives = converted(source, spoke, natives)
            for (row, _), native in zip(some, natives, strict=True):
                version = str(row.stored.resource_version)
                made[row] = encode_object(self.pipeline, None, Decoded(spoke, native), version)
        return made

    def kept(self, spoke: Spoke, row: CachedRow) -> Encoded | None:
        """A row as a client of ``spoke`` sees it, if that is in memory with it."""
        found = row.encoded.get(spoke)
        if found is not None:
            self.memory.use.hits += 1
        return found

    def made(self, row: CachedRow, make: Callable[[Stored], T]) -> T:
        """What somebody makes of a row. Raises `Undecodable` where that fails."""
        stored = row.stored
        try:
            found = make(stored)
        except Exception as error:
            raise self._fault(stored, error) from error
        self.undecodable.read(stored)
        return found

    def _encode(
        self, spoke: Spoke, stored: Stored, current: Current | None, own_metadata: bool
    ) -> Encoded:
        decoded = current.decoded if current is not None else None
        if decoded is None:
            encoded_in = spoke_of(spoke.kind, stored)
            decoded = self.pipeline.decode(stored.data, spoke=encoded_in, trusted=True)
        hub = current.hub if current is not None else None
        converts = decoded.spoke is not spoke
        if hub is None and (converts or (own_metadata and spoke.ruled)):
            hub = self.pipeline.to_hub(decoded)
        if converts and hub is not None:
            decoded = self.pipeline.from_hub(hub, spoke)
        return encode_object(self.pipeline, hub, decoded, str(stored.resource_version))

    def _fault(self, stored: Stored, error: Exception) -> Undecodable:
        fault = Undecodable(stored, error)
        if self.undecodable.note(stored):
            _log.error("%s", fault, exc_info=fault.defect)
        return fault

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

        row = await self._write(hub, shown, write, most=most_bytes(hub, old))
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
            row = await self._write(final, shown, write, unchanged)
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
    ) -> CachedRow:
        """Write an object in the version on record; ``unchanged`` has it encoded already.

        Raises `TooLarge` for more bytes than ``most``.
        """
        for attempt in range(_WRITE_ATTEMPTS):
            spoke = await self.versions.spoke(hub.kind, refresh=attempt > 0)
            if unchanged is not None and unchanged.api_version == spoke.api_version:
                data = unchanged.data
            else:
                data = self._encoded(hub, shown, spoke)
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
