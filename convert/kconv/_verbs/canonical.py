"""The form in which objects are written and compared."""

from __future__ import annotations

from typing import Any

from kconv._compile import canonical_struct
from kconv._pipeline import Decoded, HubObject
from kconv._schema import Type
from kconv._scheme import HubKind
from kconv._structural import StructuralKind
from kconv.meta import ObjectMeta


def canonical(hub: HubObject) -> HubObject:
    """An object without the zeros that its types say equal absence; itself if it has none."""
    native = _without_zeros(hub.native, hub.kind, hub.kind.hub)
    return hub if native is hub.native else HubObject(hub.kind, native)


def canonical_in_version(decoded: Decoded) -> Decoded:
    """The same of an object in a version."""
    spoke = decoded.spoke
    native = _without_zeros(decoded.native, spoke.kind, spoke.schema)
    if native is decoded.native:
        return decoded
    return Decoded(spoke, native, decoded.warnings)


def _without_zeros(native: Any, kind: HubKind, schema: type[Type]) -> Any:
    if not isinstance(kind, StructuralKind):
        return canonical_struct(schema, native)
    # All that custom resources say themselves stays, and to ask each of their types takes long.
    metadata = native.get("metadata")
    if not isinstance(metadata, dict):
        return native
    made = canonical_struct(ObjectMeta, metadata)
    return native if made is metadata else {**native, "metadata": made}
