"""Stored objects as the server works on them: read, encoded for clients, written."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass

from kconv._errors import ConversionError, KconvError, NotFound, VersionNotOnRecord
from kconv._gvk import GroupVersion
from kconv._pipeline import Decoded, HubObject, Pipeline
from kconv._pipeline.view import View
from kconv._resource import Hub
from kconv._scheme import HubKind, Spoke
from kconv._serve.cache import CACHE_BYTES, ByteCache
from kconv._serve.encoded import Encoded, encode_object
from kconv._serve.selectors import Subject
from kconv._serve.storage_versions import StorageVersions
from kconv._serve.undecodable import Undecodable, salvage
from kconv._serve.undecodable_registry import UndecodableRegistry
from kconv._store import Key, Store, Stored

_WRITE_ATTEMPTS = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Current:
    """An object as it is now: its row, and what was decoded of it, in the hub.

    With a ``fault`` it cannot be read, and the hub has what could be salvaged: its metadata and
    perhaps its status. Otherwise ``decoded`` is the object in the version it is stored in.
    """

    stored: Stored
    hub: HubObject
    decoded: Decoded | None = None
    fault: Undecodable | None = None

    @property
    def kind(self) -> HubKind:
        """Its kind."""
        return self.hub.kind

    @property
    def meta(self) -> View:
        """Its metadata in the hub, which has no resourceVersion; not to be changed."""
        return View(View(self.hub.native)["metadata"])

    @property
    def resource_version(self) -> str:
        """The resourceVersion that clients know it by."""
        return str(self.stored.resource_version)

    @property
    def subject(self) -> Subject:
        """What selectors look at."""
        return Subject.of(self.kind, self.hub.native)


def key_of(kind: HubKind, namespace: str, name: str) -> Key:
    """Where an object of a kind is stored."""
    resource = kind.group_resource
    return Key(resource.group, resource.resource, namespace, name)


class Objects:
    """Reads and writes of stored objects, through the pipeline; its methods block."""

    def __init__(self, pipeline: Pipeline, store: Store, cache_bytes: int = CACHE_BYTES) -> None:
        self.pipeline = pipeline
        self.store = store
        self.versions = StorageVersions(store)
        self.undecodable = UndecodableRegistry()
        self._subjects: ByteCache[Subject] = ByteCache(cache_bytes // 8)
        self.cache: ByteCache[Encoded] = ByteCache(cache_bytes - self._subjects.limit)

    def get(self, kind: HubKind, namespace: str, name: str) -> Current:
        """An object by name. Raises `kconv._errors.NotFound` and `Undecodable`."""
        return self.read(kind, self.row(kind, namespace, name))

    def get_or_salvage(self, kind: HubKind, namespace: str, name: str) -> Current:
        """An object by name, even one that cannot be read. Raises `kconv._errors.NotFound`."""
        return self.read_or_salvage(kind, self.row(kind, namespace, name))

    def row(self, kind: HubKind, namespace: str, name: str) -> Stored:
        """The row of an object. Raises `kconv._errors.NotFound`."""
        key = key_of(kind, namespace, name)
        try:
            return self.store.get(key)
        except NotFound:
            self.undecodable.forget(key)
            raise

    def read(self, kind: HubKind, stored: Stored) -> Current:
        """The object of a row, decoded. Raises `Undecodable` for one this server cannot read."""
        try:
            decoded = self.pipeline.decode(stored.data, spoke=_spoke_of(kind, stored), trusted=True)
            current = Current(stored, self.pipeline.to_hub(decoded), decoded)
        except Exception as error:
            raise self._fault(stored, error) from error
        self.undecodable.read(stored)
        return current

    def read_or_salvage(self, kind: HubKind, stored: Stored) -> Current:
        """The object of a row, or what can be salvaged of it."""
        try:
            return self.read(kind, stored)
        except Undecodable as fault:
            hub = HubObject(kind, salvage(self.pipeline, kind, stored))
            return Current(stored, hub, fault=fault)

    def subject(self, kind: HubKind, stored: Stored) -> tuple[Subject, Current | None]:
        """What selectors see of a row, and the object where it had to be decoded for that."""
        key = (stored.resource_version, stored.uid)
        found = self._subjects.get(key, stored.data)
        if found is not None:
            return found, None
        current = self.read_or_salvage(kind, stored)
        subject = current.subject
        self._subjects.put(key, stored.data, subject, len(subject.encode()))
        return subject, current

    def encoded(
        self,
        spoke: Spoke,
        stored: Stored,
        current: Current | None = None,
        *,
        own_metadata: bool = False,
    ) -> Encoded:
        """A row as a client of ``spoke`` sees it; ``current`` spares decoding it once more.

        With ``own_metadata``, `Encoded.metadata` will be asked for. Raises `Undecodable` for a row
        that this server cannot read.
        """
        key = (stored.resource_version, stored.uid, spoke)
        found = self.cache.get(key, stored.data)
        if found is not None and not (own_metadata and found.lacks_metadata(spoke)):
            return found
        if current is not None and current.fault is not None:
            raise current.fault
        try:
            made = self._encode(spoke, stored, current, own_metadata)
        except Exception as error:
            raise self._fault(stored, error) from error
        self.undecodable.read(stored)
        self.cache.put(key, stored.data, made, made.size)
        return made

    def _encode(
        self, spoke: Spoke, stored: Stored, current: Current | None, own_metadata: bool
    ) -> Encoded:
        decoded = current.decoded if current is not None else None
        if decoded is None:
            encoded_in = _spoke_of(spoke.kind, stored)
            decoded = self.pipeline.decode(stored.data, spoke=encoded_in, trusted=True)
        hub = current.hub if current is not None else None
        converts = decoded.spoke is not spoke
        if hub is None and (converts or (own_metadata and spoke.rules)):
            hub = self.pipeline.to_hub(decoded)
        if converts and hub is not None:
            decoded = self.pipeline.from_hub(hub, spoke)
        return encode_object(self.pipeline, hub, decoded, str(stored.resource_version))

    def _fault(self, stored: Stored, error: Exception) -> Undecodable:
        fault = Undecodable(stored, error)
        if self.undecodable.note(stored):
            _log.error("%s", fault, exc_info=None if isinstance(error, KconvError) else error)
        return fault

    def create(self, kind: HubKind, key: Key, hub: HubObject, shown: Decoded | None) -> Stored:
        """Store a new object; ``shown`` is as in `update`. Raises `AlreadyExists`."""
        uid = View(View(hub.native)["metadata"])["uid"]
        return self._write(
            hub,
            shown,
            lambda api_version, data: self.store.create(
                key, uid=uid, api_version=api_version, data=data
            ),
        )

    def update(self, old: Current, hub: HubObject, shown: Decoded | None = None) -> Stored:
        """Replace an object that is still as it was read. Raises `NotFound`, `Conflict`.

        ``shown`` is the new state in some version, which is encoded if that is the version to store
        it in.
        """
        stored = self._write(
            hub,
            shown,
            lambda api_version, data: self.store.update(
                old.stored.key,
                expected=old.stored.resource_version,
                api_version=api_version,
                data=data,
                before=old.subject.encode(),
            ),
        )
        self.undecodable.forget(stored.key)
        return stored

    def delete(self, old: Current, final: HubObject, shown: Decoded | None = None) -> Stored:
        """Remove an object that is still as it was read; ``final`` is its last state.

        Of an object that cannot be read, the change log keeps what was salvaged, so that watches
        can tell of its end. Raises `NotFound`, `Conflict`.
        """

        def delete(api_version: str, data: bytes) -> Stored:
            return self.store.delete(
                old.stored.key,
                expected=old.stored.resource_version,
                api_version=api_version,
                data=data,
                before=old.subject.encode(),
            )

        row = old.stored
        if old.fault is not None and not self._can_be_shown(final):
            stored = delete(row.api_version, row.data)
        else:
            unchanged = row if final is old.hub and old.fault is None else None
            stored = self._write(final, shown, delete, unchanged)
        self.undecodable.forget(stored.key)
        return stored

    def _can_be_shown(self, hub: HubObject) -> bool:
        """Whether a hub value goes into every version and back."""
        try:
            for spoke in hub.kind.spokes:
                data = self.pipeline.encode(self.pipeline.from_hub(hub, spoke))
                self.pipeline.to_hub(self.pipeline.decode(data, spoke=spoke, trusted=True))
        except Exception:  # noqa: BLE001 - rules are users' code, which may need what is not here
            return False
        return True

    def _write(
        self,
        hub: HubObject,
        shown: Decoded | None,
        write: Callable[[str, bytes], Stored],
        row: Stored | None = None,
    ) -> Stored:
        """Write an object in the version on record; ``row`` has it encoded in some version."""
        refresh = False
        for attempt in range(_WRITE_ATTEMPTS):
            spoke = self.versions.spoke(hub.kind, refresh=refresh)
            if row is not None and row.api_version == spoke.api_version:
                data = row.data
            else:
                same = shown is not None and shown.spoke is spoke
                decoded = shown if same and shown else self.pipeline.from_hub(hub, spoke)
                data = self.pipeline.encode(decoded)
            try:
                return write(spoke.api_version, data)
            except VersionNotOnRecord:
                if attempt == _WRITE_ATTEMPTS - 1:
                    raise
                refresh = True
        raise AssertionError("unreachable")


def prepared(hub: HubObject) -> HubObject:
    """A new object with what its kind has the server set, if it has; else the object itself."""
    prepare = hub.kind.hub.prepare_for_create
    if prepare is Hub.prepare_for_create:
        return hub
    # A kind's own function works on a dict.
    fresh = copy.deepcopy(hub.value)
    prepare(fresh)
    return HubObject(hub.kind, fresh)


def _spoke_of(kind: HubKind, stored: Stored) -> Spoke:
    spoke = kind.spoke_for(GroupVersion.parse(stored.api_version))
    if spoke is None:
        raise ConversionError(
            f"{kind.group_resource} {stored.key.namespace}/{stored.key.name} is stored as "
            f"{stored.api_version}, which this server does not know"
        )
    return spoke
