"""`Encoded`: an object as the bytes that clients of one version get."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import msgspec

from kconv._codec import json as json_codec
from kconv._pipeline import Decoded, HubObject, Pipeline
from kconv._pipeline.view import metadata_of, with_metadata
from kconv._scheme import Spoke
from kconv._store import Stored
from kconv._structural import is_structural

Document = dict[str, Any]


class Encoded(msgspec.Struct, frozen=True, gc=False):
    """An object of a version as JSON, with its resourceVersion.

    ``own_metadata`` is the JSON of the metadata that it has in the hub, without what the rules of
    the version add to carry fields that it cannot hold; empty where there are none, or where
    nobody has asked for it.
    """

    data: bytes
    own_metadata: bytes = b""

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return len(self.data) + len(self.own_metadata)

    def lacks_metadata(self, spoke: Spoke) -> bool:
        """Whether `metadata` would have what the rules of the version added."""
        return spoke.ruled and not self.own_metadata

    @property
    def document(self) -> Document:
        """The object as a document, a new one each time."""
        # What is stored is bounded, and may be longer in another version.
        document: Document = json_codec.decode(self.data, limit=len(self.data))
        return document

    def metadata(self, document: Document) -> Document:
        """The metadata in the hub; ``document`` is the object's own."""
        found: Document = (
            json_codec.decode(self.own_metadata) if self.own_metadata else document["metadata"]
        )
        return found


def encode_object(
    pipeline: Pipeline, hub: HubObject | None, shown: Decoded, resource_version: str
) -> Encoded:
    """The bytes of ``shown``, a version of ``hub``, with the resourceVersion that the store gave.

    The number is known after the commit only, so what is stored is encoded without it.
    """
    numbered = Decoded(shown.spoke, _numbered(shown.native, resource_version))
    own = b""
    if shown.spoke.ruled and hub is not None:
        # Metadata may have annotations that carry what the version cannot hold.
        own = json_codec.encode(metadata_of(_numbered(hub.native, resource_version)).native)
    return Encoded(pipeline.encode(numbered), own)


def numbered(stored: Stored, source: bytes, head: bytes) -> Encoded | None:
    """What is stored with its resourceVersion, and with ``head`` in place of its ``source``.

    They are the beginnings of objects (`type_meta_of`). What is stored has no resourceVersion,
    which goes before the uid. None where the bytes do not say where that is.
    """
    data, mark = stored.data, b',"uid":"%s"' % stored.uid.encode()
    pieces = data.split(mark)
    if len(pieces) != 2 or not data.startswith(source):
        return None
    before, after = pieces
    number = b',"resourceVersion":"%d"' % stored.resource_version
    return Encoded(b"".join((head, before[len(source) :], number, mark, after)))


def _numbered(native: Any, resource_version: str) -> Any:
    metadata = metadata_of(native).copied()
    metadata["resourceVersion"] = resource_version
    return with_metadata(native, metadata)


def list_of(spoke: Spoke, frame: Document, items: Iterable[Encoded]) -> bytes:
    """A list; its items lack kind and apiVersion, which are the list's to say."""
    return list_head(frame) + _joined(spoke, items) + _LIST_END


def list_head(frame: Document) -> bytes:
    """The beginning of a list, up to its items."""
    return json_codec.encode(frame)[:-1] + b',"items":['


async def list_rest(
    spoke: Spoke, batches: AsyncIterator[Sequence[Encoded]]
) -> AsyncIterator[bytes]:
    """What follows `list_head`: the items, as they come, and the end."""
    separator = b""
    async for items in batches:
        if items:
            yield separator + _joined(spoke, items)
            separator = b","
    yield _LIST_END + b"\n"


def _joined(spoke: Spoke, items: Iterable[Encoded]) -> bytes:
    if is_structural(spoke):
        # Custom resources say in lists, too, what they are.
        return b",".join([item.data for item in items])
    head = type_meta_of(spoke)
    return b",".join([_bare(item.data, head) for item in items])


def type_meta_of(spoke: Spoke) -> bytes:
    """How the bytes of objects of a version begin: apiVersion and kind, before their fields."""
    head = json_codec.encode({"apiVersion": spoke.api_version, "kind": spoke.options.kind})
    return head[:-1] + b","


_LIST_END = b"]}"


def _bare(data: bytes, head: bytes) -> bytes:
    if data.startswith(head):
        return b"{" + data[len(head) :]
    # A schema that declares kind and apiVersion elsewhere than at the beginning.
    document = json_codec.decode(data)
    return json_codec.encode(
        {name: value for name, value in document.items() if name not in ("kind", "apiVersion")}
    )
