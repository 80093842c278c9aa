"""Pruning: fields that a structural schema does not declare are dropped, at every depth."""

from __future__ import annotations

from typing import Any

from kconv._paths import Path
from kconv._structural.schemas import (
    TYPE_META,
    Schema,
    inner,
    is_embedded,
    items,
    keeps_unknown,
    properties,
    values,
)
from kconv.meta import ObjectMeta


def pruned(value: Any, schema: Schema, dropped: list[Path] | None = None, path: Path = ()) -> Any:
    """A copy of a value without the fields that its schema has not; ``dropped`` gets their paths.

    What a schema keeps unknown fields of is kept, but in the fields that it declares. Of an object
    as a whole, leave out ``metadata``.
    """
    if isinstance(value, dict):
        return _object(value, schema, dropped, path)
    if isinstance(value, list):
        element = items(schema)
        if not element and keeps_unknown(schema):
            return _copied(value)
        return [pruned(each, element, dropped, (*path, at)) for at, each in enumerate(value)]
    if isinstance(value, float) and schema.get("type") == "integer" and value.is_integer():
        return int(value)
    return value


def _object(value: dict[str, Any], schema: Schema, dropped: list[Path] | None, path: Path) -> Any:
    made: dict[str, Any] = {}
    keeps, embedded = keeps_unknown(schema), is_embedded(schema)
    for name, each in value.items():
        below = inner(schema, name)
        if embedded and name in TYPE_META:
            made[name] = _metadata(each, dropped, (*path, name)) if name == "metadata" else each
        elif below is not None:
            made[name] = pruned(each, below, dropped, (*path, name))
        elif keeps:
            made[name] = _copied(each)
        elif dropped is not None:
            dropped.append((*path, name))
    return made


def _metadata(value: Any, dropped: list[Path] | None, path: Path) -> Any:
    """The metadata of an object within another one."""
    if not isinstance(value, dict):
        return value
    unknown = list(ObjectMeta.instance().unknown_fields(value, path))
    if dropped is not None:
        dropped.extend(unknown)
    known = ObjectMeta.instance().wire_fields()
    return {name: _copied(each) for name, each in value.items() if name in known}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_copied(each) for each in value]
    return value


def shape_of(schema: Schema) -> Any:
    """All that pruning asks of a schema: what one has pruned, another with the same leaves so."""
    element, others = items(schema), values(schema)
    return (
        schema.get("type") == "integer",
        keeps_unknown(schema),
        is_embedded(schema),
        {name: shape_of(each) for name, each in properties(schema).items()},
        shape_of(element) if element else None,
        None if others is None else shape_of(others),
    )
