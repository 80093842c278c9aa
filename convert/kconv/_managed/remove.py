"""A document without some of its fields."""

from __future__ import annotations

from typing import Any

from kconv._managed.fields import Fields, is_member
from kconv._managed.lists import step_of
from kconv._managed.shape import ListShape, MapShape, Shape


def remove(shape: Shape, value: Any, gone: Fields) -> Any:
    """The value without the fields of a set; None where nothing is left, or nothing can be kept.

    What is atomic has no fields of its own: within a value that is kept it goes as a whole.
    """
    kind = shape.kind_of(value)
    if isinstance(kind, MapShape):
        return _from_map(kind, value, gone) if isinstance(value, dict) else None
    if isinstance(kind, ListShape):
        return _from_list(kind, value, gone) if isinstance(value, list) else None
    return value


def _from_map(kind: MapShape, value: dict[str, Any], gone: Fields) -> Any:
    if not value or kind.atomic:
        return None
    left = {}
    for name, inner in value.items():
        node = gone.get("f:" + name)
        if node is None:
            left[name] = inner
        elif not is_member(node):
            shape = kind.child(name)
            left[name] = inner if shape is None else remove(shape, inner, node)
    return left or None


def _from_list(kind: ListShape, value: list[Any], gone: Fields) -> Any:
    if not value or kind.atomic:
        return None
    left = []
    for element in value:
        node = gone.get(step_of(kind, element))
        if node is None:
            left.append(element)
        elif not is_member(node):
            left.append(remove(kind.element, element, node))
    return left or None
