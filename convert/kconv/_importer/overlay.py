"""Overlays: what a definition file does not say, as YAML beside it.

An overlay has two parts. ``definitions`` holds fragments that are merged over the definitions
as a JSON merge patch (RFC 7386): enumerations, bounds, constant defaults, and kconv's own keys
``x-kconv-resource``, ``x-kconv-default``, ``x-kconv-reference`` and ``x-kconv-unique``. ``modules``
names, for the definitions with a prefix, the modules that types go to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kconv._codec import yaml
from kconv._errors import DecodeError, UsageError
from kconv._importer.document import Definitions, Schema

_ENOUGH = ("type", "$ref", "allOf", "x-kubernetes-int-or-string")


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay: fragments by definition, and module tables by definition prefix.

    ``modules["io.k8s.api.core.v1"]["pod"]`` lists type names (``PodSpec``, or ``Pod*``).
    """

    source: str = "overlay"
    definitions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    modules: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)


def read_overlay(data: bytes, source: str) -> Overlay:
    """The overlay in the bytes of a YAML file; ``source`` names it in errors.

    Raises `DecodeError` for what is not YAML and `UsageError` for YAML that is no overlay.
    """
    try:
        documents = [document for document in yaml.decode_all(data) if document is not None]
    except DecodeError as error:
        raise DecodeError(f"{source}: not YAML: {error.message}") from error
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise UsageError(f"{source}: an overlay is one YAML map")
    document: dict[str, Any] = documents[0]
    unknown = sorted(set(document) - {"definitions", "modules"})
    if unknown:
        raise UsageError(f"{source}: an overlay has definitions and modules, not {unknown[0]}")
    definitions, modules = (
        {} if document.get(part) is None else document[part] for part in ("definitions", "modules")
    )
    if not _is_map_of_maps(definitions) or not _is_map_of_maps(modules):
        part = "modules" if _is_map_of_maps(definitions) else "definitions"
        raise UsageError(f"{source}: {part} is not a map of maps")
    for prefix, table in modules.items():
        for module, types in table.items():
            named = isinstance(types, list) and all(isinstance(each, str) for each in types)
            if not str(module).isidentifier() or not named:
                raise UsageError(f"{source}: modules: {prefix}: {module} is not a list of types")
    return Overlay(source, definitions, modules)


def _is_map_of_maps(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(inner, dict) for inner in value.values())


def apply_overlays(definitions: Definitions, overlays: Sequence[Overlay]) -> Definitions:
    """The definitions with the overlays' fragments merged over them, in order.

    Raises `UsageError` for a fragment of a definition or property that does not exist and is not
    described well enough by the overlay to be one: most likely its name is misspelt.
    """
    result = dict(definitions)
    for overlay in overlays:
        for name, fragment in overlay.definitions.items():
            base = result.get(name)
            if base is None and "type" not in fragment:
                raise UsageError(f'{overlay.source}: no definition "{name}" to overlay')
            _refuse_unknown_properties(overlay, name, base or {}, fragment)
            result[name] = merge(base or {}, fragment)
    return result


def _refuse_unknown_properties(
    overlay: Overlay, name: str, base: Schema, fragment: Mapping[str, Any]
) -> None:
    properties = fragment.get("properties")
    for prop, inner in (properties if isinstance(properties, dict) else {}).items():
        described = isinstance(inner, dict) and any(key in inner for key in _ENOUGH)
        if prop not in (base.get("properties") or {}) and not described:
            raise UsageError(f'{overlay.source}: {name} has no property "{prop}" to overlay')


def merge(base: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7386) over a JSON value: null deletes, maps merge."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(base) if isinstance(base, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result
