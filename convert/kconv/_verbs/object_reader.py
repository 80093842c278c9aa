"""`ObjectReader`: rows that were read, as the objects that they are and as clients get them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from kconv._errors import KconvError
from kconv._pipeline import Decoded, HubObject, Pipeline
from kconv._pipeline.compiled import same_shape
from kconv._scheme import HubKind, KindCache, Spoke
from kconv._store import Stored
from kconv._structural import Unconverted, converted, is_renamed, is_structural
from kconv._verbs.current import Current, spoke_of
from kconv._verbs.encoded import Encoded, encode_object, numbered, type_meta_of
from kconv._verbs.memory import CachedRow, Memory
from kconv._verbs.selectors import Subject
from kconv._verbs.undecodable import Undecodable, salvage
from kconv._verbs.undecodable_registry import UndecodableRegistry

T = TypeVar("T")

_log = logging.getLogger(__name__)


class ObjectReader:
    """Decodes rows, and encodes them for clients; what is made of a row in memory is kept there."""

    def __init__(self, pipeline: Pipeline, memory: Memory) -> None:
        self.pipeline = pipeline
        self.memory = memory
        self.undecodable = UndecodableRegistry()
        self._renamed: KindCache[tuple[Spoke, str], tuple[bytes, bytes] | None]
        self._renamed = pipeline.scheme.clears(KindCache())

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

    def written(self, row: CachedRow, hub: HubObject, shown: Decoded) -> Encoded:
        """A row that was just written as a client sees it, which is kept.

        ``shown`` is what was stored, with nothing more, in the version of the client.
        Where the version that it is stored in differs by name alone, what is stored says the rest.
        """
        stored, spoke = row.stored, shown.spoke
        key = (spoke, stored.api_version)
        if key not in self._renamed:
            self._renamed[key] = _renaming(spoke, spoke_of(spoke.kind, stored))
        rename = self._renamed[key]
        made = None if rename is None else numbered(stored, *rename)
        if made is None:
            made = encode_object(self.pipeline, hub, shown, str(stored.resource_version))
        row.encoded[spoke] = made
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
        made: dict[CachedRow, Encoded] = {}
        others = [
            each for each in spoke.kind.spokes if each is not spoke and is_renamed(each, spoke)
        ]
        for row in rows:
            if spoke in row.encoded:
                continue
            renamed = _renamed(row, spoke, others)
            if renamed is not None:
                made[row] = renamed
                continue
            with suppress(KconvError):
                source = spoke_of(spoke.kind, row.stored)
                found = self.pipeline.decode(row.stored.data, spoke=source, trusted=True)
                groups.setdefault(source, []).append((row, found))
        for source, some in groups.items():
            natives = [found.native for _, found in some]
            if source in others:
                natives = [{**native, "apiVersion": spoke.api_version} for native in natives]
            elif source is not spoke:
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


def _renamed(row: CachedRow, spoke: Spoke, others: Sequence[Spoke]) -> Encoded | None:
    """What a row is in a version, made of its bytes in another one that differs by name alone."""
    for other in others:
        known = row.encoded.get(other)
        if known is not None:
            head = type_meta_of(other)
            if known.data.startswith(head):
                return Encoded(type_meta_of(spoke) + known.data[len(head) :])
    return None


def _renaming(spoke: Spoke, source: Spoke) -> tuple[bytes, bytes] | None:
    """How objects begin as they are stored, and in a version that has the same in the same order.

    None where there is no such, or where objects are written in the order in which they were sent.
    """
    if is_structural(spoke) or not spoke.envelope or not same_shape(source, spoke):
        return None
    return type_meta_of(source), type_meta_of(spoke)
