"""What goes through the pipeline: a decoded object of a version, and one of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from kconv.errors import ObjectRef
from kconv.scheme import HubKind, Spoke

Value = dict[str, Any]

FieldValidation = Literal["Ignore", "Warn", "Strict"]
"""What to do about unknown and duplicate fields (the query parameter ``fieldValidation``)."""

Format = Literal["json", "yaml"]
"""How bytes are written."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """An object of one version: JSON-shaped, canonical, defaults applied.

    ``value`` has kind, apiVersion and metadata; nobody changes it in place. ``warnings`` are
    words for the client about fields that were ignored.
    """

    spoke: Spoke
    value: Value
    warnings: tuple[str, ...] = ()

    @property
    def ref(self) -> ObjectRef:
        """Which object it is."""
        return ref_of(self.spoke, self.value)


@dataclass(frozen=True, slots=True)
class HubObject:
    """An object in its internal version: metadata, but no kind and apiVersion."""

    kind: HubKind
    value: Value


def ref_of(spoke: Spoke, value: Any) -> ObjectRef:
    """Which object a raw or decoded value is, as far as it says."""
    metadata = value.get("metadata") if isinstance(value, dict) else None
    known = metadata if isinstance(metadata, dict) else {}
    namespace, name = known.get("namespace"), known.get("name")
    gvk = spoke.gvk
    return ObjectRef(
        gvk.group,
        gvk.version,
        gvk.kind,
        namespace if isinstance(namespace, str) else "",
        name if isinstance(name, str) else "",
    )
