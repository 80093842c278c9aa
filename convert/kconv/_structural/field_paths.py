"""The paths of fields: those that a structural schema knows, and those that a value has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from kconv._paths import Path
from kconv._structural.schemas import (
    TYPE_META,
    Schema,
    inner,
    is_embedded,
    items,
    properties,
    values,
)

DEEPEST: Final = 100
"""Steps of a path up to which fields are known, and have values."""

EACH: Final = "[]"
"""The step to all elements of a list."""
ANY: Final = "*"
"""The step to all values of a map."""


def steps(path: Path) -> Path:
    """A path with what all elements of a list share."""
    return tuple(EACH if isinstance(step, int) else step for step in path)


def declared(schema: Schema, path: Path) -> Iterator[Path]:
    """The paths of all fields that a schema knows, but those that are too deep for values."""
    if len(path) > DEEPEST:
        return
    for name, each in properties(schema).items():
        if is_embedded(schema) and name in TYPE_META:
            continue
        yield (*path, name)
        yield from declared(each, (*path, name))
    others = values(schema)
    if others is not None:
        yield from declared(others, (*path, ANY))
    if schema.get("type") == "array":
        yield from declared(items(schema), (*path, EACH))


def present(value: Any, schema: Schema, path: Path) -> Iterator[Path]:
    """The paths of the fields that a value has."""
    if isinstance(value, list):
        for each in value:
            yield from present(each, items(schema), (*path, EACH))
    elif isinstance(value, dict):
        known = properties(schema)
        for name, each in value.items():
            below = inner(schema, name)
            if below is None:
                continue
            at = (*path, name if name in known else ANY)
            if each is not None:
                yield at
            yield from present(each, below, at)


def written(path: Path) -> str:
    """A path, for people."""
    text = ""
    for step in path:
        text += str(step) if step == EACH else f".{step}" if text else str(step)
    return text
