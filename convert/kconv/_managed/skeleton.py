"""The forms of documents that tell which fields they have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kconv._known_forms import Forms, Parts, values_of_fields
from kconv._managed.shape import ListShape, MapShape, Shape


def skeletons(shape: Shape, empty: Any) -> Forms | None:
    """What takes out of the JSON of documents of a shape what tells nothing of their fields.

    That is the values of fields and of keys of maps, but for what tells the elements of a list
    apart. None where a text in ``empty`` says something, which the value of a field may equal.
    """
    if any(_texts(empty)):
        return None
    keys = {name.encode() for name in _keys(shape, set())}

    def kept(parts: Parts) -> Iterator[int]:
        return (at for at in values_of_fields(parts) if parts[at - 2] in keys)

    return Forms(kept)


def _keys(shape: Shape, seen: set[int]) -> set[str]:
    """The fields by which elements of lists are known, anywhere."""
    found: set[str] = set()
    for kind in (shape.map, shape.list):
        if kind is None or id(kind) in seen:
            continue
        seen.add(id(kind))
        if isinstance(kind, ListShape):
            found.update(kind.keys)
        for inner in _inner(kind):
            found |= _keys(inner, seen)
    return found


def _inner(kind: MapShape | ListShape) -> Iterator[Shape]:
    if kind.element is not None:
        yield kind.element
    if isinstance(kind, MapShape):
        yield from kind.fields.values()


def _texts(value: Any) -> Iterator[bool]:
    """For each text in a document but what version it is of, whether it says anything."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("apiVersion", "kind"):
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield isinstance(value, str) and bool(value)
