"""What goes through the pipeline: a decoded object of a version, and one of the hub."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from kconv._errors import ObjectRef
from kconv._scheme import HubKind, Spoke

Value = dict[str, Any]

FieldValidation = Literal["Ignore", "Warn", "Strict"]
"""What to do about unknown and duplicate fields (the query parameter ``fieldValidation``)."""

Checks = Literal["types", "fields", "all"]
"""How far an object is judged: that it decodes; the rules of single fields (required,
enumerations, bounds, patterns, duplicates); or also the rules that API groups add."""

Format = Literal["json", "yaml"]
"""How bytes are written."""


def as_dict(native: Any) -> Value:
    """A native value as a JSON-shaped dict: itself, or a new one made from a struct."""
    if isinstance(native, dict):
        return native
    value: Value = msgspec.to_builtins(native)
    return value


class _Object:
    """A value as the engine keeps it, and as a dict once somebody asks for that."""

    __slots__ = ("_value", "native")

    native: Any
    _value: Value | None

    @property
    def value(self) -> Value:
        """The JSON-shaped object."""
        if self._value is None:
            self._value = as_dict(self.native)
        return self._value


class Decoded(_Object):
    """An object of one version: canonical, defaults applied.

    ``native`` is the value as the engine keeps it; ``value`` is that as a JSON-shaped dict with
    kind, apiVersion and metadata (documents have none of these). Nobody changes either in place.
    ``warnings`` are words for the client about fields that were ignored.
    """

    __slots__ = ("spoke", "warnings")

    def __init__(self, spoke: Spoke, native: Any, warnings: tuple[str, ...] = ()) -> None:
        self.native = native
        self._value = None
        self.spoke = spoke
        self.warnings = warnings

    @property
    def ref(self) -> ObjectRef:
        """Which object it is."""
        return ref_of(self.spoke, self.value)

    def __repr__(self) -> str:
        return f"Decoded({self.ref})"


class HubObject(_Object):
    """An object in its internal version: metadata, but no kind and apiVersion.

    ``native`` and ``value`` are as those of `Decoded`.
    """

    __slots__ = ("kind",)

    def __init__(self, kind: HubKind, native: Any) -> None:
        self.native = native
        self._value = None
        self.kind = kind

    def __repr__(self) -> str:
        return f"HubObject({self.kind.group_kind})"


def ref_of(spoke: Spoke, value: Any) -> ObjectRef:
    """Which object a raw or decoded value is, as far as it says."""
    metadata = value.get("metadata") if isinstance(value, dict) and spoke.envelope else None
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
