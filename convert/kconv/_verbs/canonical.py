"""The form in which objects are written and compared."""

from __future__ import annotations

from kconv._compile import canonical_struct
from kconv._pipeline import Decoded, HubObject


def canonical(hub: HubObject) -> HubObject:
    """An object without the zeros that its types say equal absence; itself if it has none."""
    native = canonical_struct(hub.kind.hub, hub.native)
    return hub if native is hub.native else HubObject(hub.kind, native)


def canonical_in_version(decoded: Decoded) -> Decoded:
    """The same of an object in a version."""
    native = canonical_struct(decoded.spoke.schema, decoded.native)
    if native is decoded.native:
        return decoded
    return Decoded(decoded.spoke, native, decoded.warnings)
