"""What garbage collection looks at in a stored object, read straight from its bytes.

It is the same in every version, so nothing is converted for it, and what cannot be converted has
owners all the same.
"""

from __future__ import annotations

import msgspec


class OwnerReference(msgspec.Struct, frozen=True, gc=False):
    """An owner as a dependent names it."""

    apiVersion: str = ""  # noqa: N815 - as in the JSON
    kind: str = ""
    name: str = ""
    uid: str = ""
    blockOwnerDeletion: bool | None = None  # noqa: N815


class Metadata(msgspec.Struct, frozen=True, gc=False):
    """The metadata that matters."""

    ownerReferences: list[OwnerReference] | None = None  # noqa: N815
    finalizers: list[str] | None = None
    deletionTimestamp: str | None = None  # noqa: N815


class _Envelope(msgspec.Struct, frozen=True, gc=False):
    metadata: Metadata | None = None


NOTHING = Metadata()
_decoder = msgspec.json.Decoder(_Envelope)


def metadata_of(data: bytes) -> Metadata:
    """The metadata of a stored object; empty for the many that have nothing of it."""
    # Most have neither, and finding that out is much quicker than decoding.
    if b'"ownerReferences"' not in data and b'"deletionTimestamp"' not in data:
        return NOTHING
    try:
        return _decoder.decode(data).metadata or NOTHING
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NOTHING
