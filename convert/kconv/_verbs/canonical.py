"""The form in which objects are written and compared."""

from __future__ import annotations

from kconv._pipeline import Decoded, HubObject
from kconv._schema import without_zeros


def canonical(hub: HubObject) -> HubObject:
    """An object without the zeros that its types say equal absence; itself if it has none."""
    native = without_zeros(hub.kind.hub, hub.native)
    return hub if native is hub.native else HubObject(hub.kind, native)


def canonical_in_version(decoded: Decoded) -> Decoded:
    """The same of an object in a version."""
    native = without_zeros(decoded.spoke.schema, decoded.native)
    if native is decoded.native:
        return decoded
    return Decoded(decoded.spoke, native, decoded.warnings)
