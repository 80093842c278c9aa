"""Pruning: fields that a structural schema does not declare are dropped, at every depth.

So are nulls where there may be none and there is no default, as if nobody had written them.
"""

from __future__ import annotations

from typing import Any

from kconv._paths import Path
from kconv._structural.defaulting import has_default
from kconv._structural.schemas import (
    TYPE_META,
    Schema,
    elements,
    inner,
    is_embedded,
    is_int_or_string,
    items,
    keeps_unknown,
    properties,
    takes_null,
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
        if keeps_unknown(schema) and not items(schema):
            return _copied(value)
        element = elements(schema)
        return [pruned(each, element, dropped, (*path, at)) for at, each in enumerate(value)]
    if isinstance(value, float) and value.is_integer() and is_whole(schema):
        return int(value)
    return value


def is_whole(schema: Schema) -> bool:
    """Whether the numbers among the values are whole ones."""
    return schema.get("type") == "integer" or is_int_or_string(schema)


def drops_null(schema: Schema) -> bool:
    """Whether a null of a field is as good as none: where nothing is said of it, it is kept."""
    return bool(schema) and not takes_null(schema) and not has_default(schema)


def _object(value: dict[str, Any], schema: Schema, dropped: list[Path] | None, path: Path) -> Any:
    made: dict[str, Any] = {}
    keeps, embedded = keeps_unknown(schema), is_embedded(schema)
    for name, each in value.items():
        below = inner(schema, name)
        if embedded and name in TYPE_META:
            made[name] = _metadata(each, dropped, (*path, name)) if name == "metadata" else each
        elif below is not None:
            if each is None and drops_null(below):
                continue
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
        is_whole(schema),
        drops_null(schema),
        keeps_unknown(schema),
        is_embedded(schema),
        {name: shape_of(each) for name, each in properties(schema).items()},
        shape_of(element) if element else None,
        None if others is None else shape_of(others),
    )
