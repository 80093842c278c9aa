"""What a version of a CRD without a conversion cannot hold of what others hold.

With ``strategy: None`` the API server changes nothing but the apiVersion, and prunes what the
schema of the version that it stores does not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv._structural import Schema
from kconv._structural.schemas import (
    TYPE_META,
    elements,
    inner,
    is_embedded,
    is_int_or_string,
    items,
    keeps_unknown,
    properties,
    values,
)


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
    implied = not path or is_embedded(by)
    for name, field in properties(held).items():
        at = f"{path}.{name}" if path else name
        below = inner(by, name)
        if implied and name in TYPE_META:
            continue
        if below is not None:
            yield from _pruned(field, below, at)
        elif not keeps_unknown(by):
            yield at
    if items(held) and items(by):
        yield from _pruned(elements(held), elements(by), f"{path}[]")
        return
    others, of_any = values(held), values(by)
    holds_any = keeps_unknown(held) or (others is not None and not properties(by))
    if others is not None and of_any is not None:
        yield from _pruned(others, of_any, f"{path}.*")
    elif of_any is None and not keeps_unknown(by) and holds_any:
        yield f"{path}.*" if path else "*"
    elif keeps_unknown(held):
        for name, field in properties(by).items():
            if name not in properties(held) and not (implied and name in TYPE_META):
                yield from _of_any(field, f"{path}.{name}" if path else name)
        if of_any is not None:
            yield from _of_any(of_any, f"{path}.*")


def _of_any(by: Schema, path: str) -> Iterator[str]:
    """Paths of what a schema may prune of any value of its type."""
    kind = by.get("type")
    if kind == "array":
        yield from _of_any(elements(by), f"{path}[]")
        return
    if kind not in ("object", None) or is_int_or_string(by):
        return
    for name, field in properties(by).items():
        if not (is_embedded(by) and name in TYPE_META):
            yield from _of_any(field, f"{path}.{name}")
    others = values(by)
    if others is not None:
        yield from _of_any(others, f"{path}.*")
    elif not keeps_unknown(by):
        yield f"{path}.*"
