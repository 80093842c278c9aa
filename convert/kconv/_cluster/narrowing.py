"""What a version of a CRD without a conversion cannot hold of what others hold.

With ``strategy: None`` the API server changes nothing but the apiVersion, and prunes what the
schema of the version that it stores does not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_KEPT: Final = "x-kubernetes-preserve-unknown-fields"
_EMBEDDED: Final = "x-kubernetes-embedded-resource"
_OF_OBJECTS: Final = frozenset({"apiVersion", "kind", "metadata"})


def narrowed(spec: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Paths that a CRD (its ``spec``) would prune when it stores objects of other versions.

    By version; versions that lose nothing are left out. A webhook decides for itself what it keeps.
    """
    strategy = (spec.get("conversion") or {}).get("strategy") or "None"
    if strategy != "None" or spec.get("preserveUnknownFields"):
        return {}
    schemas = {
        each["name"]: (each.get("schema") or {}).get("openAPIV3Schema") or {}
        for each in spec["versions"]
    }
    storage = next(each["name"] for each in spec["versions"] if each["storage"])
    found = {
        version: tuple(_pruned(schema, schemas[storage], ""))
        for version, schema in schemas.items()
        if version != storage
    }
    return {version: paths for version, paths in found.items() if paths}


def _pruned(held: Schema, by: Schema, path: str) -> Iterator[str]:
    """Paths that one schema has and another one prunes, the outermost alone."""
    if by.get(_KEPT):
        return
    known: Schema = by.get("properties") or {}
    of_any = by.get("additionalProperties")
    implied = not path or by.get(_EMBEDDED)
    for name, inner in (held.get("properties") or {}).items():
        at = f"{path}.{name}" if path else name
        if implied and name in _OF_OBJECTS:
            continue
        if name in known:
            yield from _pruned(inner, known[name], at)
        elif isinstance(of_any, Mapping):
            yield from _pruned(inner, of_any, at)
        elif not of_any:
            yield at
    others = held.get("additionalProperties")
    if others or held.get(_KEPT):
        if isinstance(others, Mapping) and isinstance(of_any, Mapping):
            yield from _pruned(others, of_any, f"{path}.*")
        elif not of_any and (not known or held.get(_KEPT)):
            yield f"{path}.*" if path else "*"
    if isinstance(held.get("items"), Mapping) and isinstance(by.get("items"), Mapping):
        yield from _pruned(held["items"], by["items"], f"{path}[]")
