"""Stored objects as the server works on them: in their hub version, with a resourceVersion."""

from __future__ import annotations

import copy
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from kconv._errors import ConversionError, KconvError, NotFound, VersionNotOnRecord
from kconv._gvk import GroupVersion
from kconv._pipeline import HubObject, Pipeline
from kconv._resource import Hub
from kconv._scheme import HubKind, Spoke
from kconv._serve.selectors import Subject
from kconv._serve.storage_versions import StorageVersions
from kconv._serve.undecodable import Undecodable, salvage
from kconv._serve.undecodable_registry import UndecodableRegistry
from kconv._store import Key, Store, Stored

_CACHED_DOCUMENTS = 2048
_WRITE_ATTEMPTS = 5

_log = logging.getLogger(__name__)

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Current:
    """An object as it is now: its row, and its hub value with ``metadata.resourceVersion``.

    With a ``fault`` it cannot be read, and the value is what could be salvaged: its metadata and
    perhaps its status.
    """

    stored: Stored
    kind: HubKind
    value: Document
    fault: Undecodable | None = None

    @property
    def meta(self) -> Document:
        """Its metadata."""
        metadata: Document = self.value["metadata"]
        return metadata

    @property
    def subject(self) -> Subject:
        """What selectors look at."""
        return Subject.of(self.kind.group_resource, self.value)


def key_of(kind: HubKind, namespace: str, name: str) -> Key:
    """Where an object of a kind is stored."""
    resource = kind.group_resource
    return Key(resource.group, resource.resource, namespace, name)


class Objects:
    """Reads and writes of stored objects, through the pipeline; its methods block."""

    def __init__(self, pipeline: Pipeline, store: Store) -> None:
        self.pipeline = pipeline
        self.store = store
        self.versions = StorageVersions(store)
        self.undecodable = UndecodableRegistry()
        self._documents: OrderedDict[tuple[int, str, str], tuple[bytes, Document]] = OrderedDict()
        self._lock = Lock()

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
        """The hub value of a row. Raises `Undecodable` for a row this server cannot read."""
        try:
            decoded = self.pipeline.decode(stored.data, spoke=_spoke_of(kind, stored), trusted=True)
            hub = self.pipeline.to_hub(decoded).value
        except Exception as error:
            raise self._fault(stored, error) from error
        self.undecodable.read(stored)
        metadata = {**hub["metadata"], "resourceVersion": str(stored.resource_version)}
        return Current(stored, kind, {**hub, "metadata": metadata})

    def read_or_salvage(self, kind: HubKind, stored: Stored) -> Current:
        """The hub value of a row, or what can be salvaged of it."""
        try:
            return self.read(kind, stored)
        except Undecodable as fault:
            value = salvage(self.pipeline, kind, stored)
            metadata = {**value["metadata"], "resourceVersion": str(stored.resource_version)}
            return Current(stored, kind, {**value, "metadata": metadata}, fault)

    def document(self, spoke: Spoke, stored: Stored) -> Document:
        """A row as a client of ``spoke`` sees it. Nobody may change the result, which is shared.

        Raises `Undecodable` for a row that this server cannot read.
        """
        key = (stored.resource_version, str(spoke.gvk), stored.uid)
        with self._lock:
            found = self._documents.get(key)
            # A migration may change what a row says, in the bytes alone: by a loss that was
            # accepted, by rewriting references, by undoing either.
            if found is not None and found[0] == stored.data:
                self._documents.move_to_end(key)
                return found[1]
        try:
            document = self._read(spoke, stored)
        except Exception as error:
            raise self._fault(stored, error) from error
        self.undecodable.read(stored)
        with self._lock:
            self._documents[key] = (stored.data, document)
            while len(self._documents) > _CACHED_DOCUMENTS:
                self._documents.popitem(last=False)
        return document

    def documents(
        self, spoke: Spoke, items: Iterable[Stored]
    ) -> tuple[list[Document], list[Undecodable]]:
        """Rows as a client of ``spoke`` sees them, and the faults of those that cannot be read."""
        found: list[Document] = []
        faults: list[Undecodable] = []
        for stored in items:
            try:
                found.append(self.document(spoke, stored))
            except Undecodable as fault:
                faults.append(fault)
        return found, faults

    def _fault(self, stored: Stored, error: Exception) -> Undecodable:
        fault = Undecodable(stored, error)
        if self.undecodable.note(stored):
            _log.error("%s", fault, exc_info=None if isinstance(error, KconvError) else error)
        return fault

    def _read(self, spoke: Spoke, stored: Stored) -> Document:
        encoded_in = _spoke_of(spoke.kind, stored)
        decoded = self.pipeline.decode(stored.data, spoke=encoded_in, trusted=True)
        if encoded_in is not spoke:
            decoded = self.pipeline.from_hub(self.pipeline.to_hub(decoded), spoke)
        return with_version(self.pipeline.dump(decoded), stored.resource_version)

    def hub_metadata(self, spoke: Spoke, document: Document) -> Document:
        """The metadata that an object, shown as ``spoke``, has in the hub."""
        metadata: Document = document["metadata"]
        if not spoke.rules:
            return metadata
        decoded = self.pipeline.load(document, spoke=spoke, trusted=True)
        hub: Document = self.pipeline.to_hub(decoded).value["metadata"]
        return hub

    def document_of(self, spoke: Spoke, kind: HubKind, value: Document) -> Document:
        """A hub value as a client of ``spoke`` sees it."""
        return self.pipeline.dump(self.pipeline.from_hub(HubObject(kind, value), spoke))

    def create(self, kind: HubKind, key: Key, value: Document) -> Stored:
        """Store a new object from its hub value. Raises `AlreadyExists`."""
        uid = value["metadata"]["uid"]
        return self._write(
            kind,
            value,
            lambda api_version, data: self.store.create(
                key, uid=uid, api_version=api_version, data=data
            ),
        )

    def update(self, old: Current, value: Document) -> Stored:
        """Replace an object that is still as it was read. Raises `NotFound`, `Conflict`."""
        stored = self._write(
            old.kind,
            value,
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

    def delete(self, old: Current, value: Document) -> Stored:
        """Remove an object that is still as it was read; ``value`` is its final state.

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

        if old.fault is None or self._can_be_shown(old.kind, value):
            stored = self._write(old.kind, value, delete)
        else:
            stored = delete(old.stored.api_version, old.stored.data)
        self.undecodable.forget(stored.key)
        return stored

    def _can_be_shown(self, kind: HubKind, value: Document) -> bool:
        """Whether a hub value goes into every version and back."""
        hub = HubObject(kind, without_version(value))
        try:
            for spoke in kind.spokes:
                data = self.pipeline.encode(self.pipeline.from_hub(hub, spoke))
                self.pipeline.to_hub(self.pipeline.decode(data, spoke=spoke, trusted=True))
        except Exception:  # noqa: BLE001 - rules are users' code, which may need what is not here
            return False
        return True

    def _write(
        self, kind: HubKind, value: Document, write: Callable[[str, bytes], Stored]
    ) -> Stored:
        hub = HubObject(kind, without_version(value))
        refresh = False
        for attempt in range(_WRITE_ATTEMPTS):
            spoke = self.versions.spoke(kind, refresh=refresh)
            data = self.pipeline.encode(self.pipeline.from_hub(hub, spoke))
            try:
                return write(spoke.api_version, data)
            except VersionNotOnRecord:
                if attempt == _WRITE_ATTEMPTS - 1:
                    raise
                refresh = True
        raise AssertionError("unreachable")


def prepared(kind: HubKind, value: Document) -> Document:
    """A new object with what its kind has the server set; ``value`` stays as it is."""
    if kind.hub.prepare_for_create is Hub.prepare_for_create:
        return value
    fresh = copy.deepcopy(value)
    kind.hub.prepare_for_create(fresh)
    return fresh


def _spoke_of(kind: HubKind, stored: Stored) -> Spoke:
    spoke = kind.spoke_for(GroupVersion.parse(stored.api_version))
    if spoke is None:
        raise ConversionError(
            f"{kind.group_resource} {stored.key.namespace}/{stored.key.name} is stored as "
            f"{stored.api_version}, which this server does not know"
        )
    return spoke


def without_version(value: Document) -> Document:
    """A value without ``metadata.resourceVersion``, as it is stored."""
    metadata = {key: item for key, item in value["metadata"].items() if key != "resourceVersion"}
    return {**value, "metadata": metadata}


def with_version(document: Document, resource_version: int) -> Document:
    """A document with the resourceVersion that the store gave it, placed after uid."""
    metadata: Document = {}
    for key, item in document.get("metadata", {}).items():
        if key != "resourceVersion":
            metadata[key] = item
        if key == "uid":
            metadata["resourceVersion"] = str(resource_version)
    metadata.setdefault("resourceVersion", str(resource_version))
    return {**document, "metadata": metadata}
