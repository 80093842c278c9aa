"""The set of fields that a document has: what its applier owns."""

from __future__ import annotations

from typing import Any

from kconv._managed.fields import MEMBER, Fields, node
from kconv._managed.lists import by_step
from kconv._managed.shape import ListShape, MapShape, Shape


def field_set(shape: Shape, value: Any) -> Fields:
    """The leaves of a document, and the elements of its lists and maps.

    Raises `kconv._managed.lists.NoStep`.
    """
    _, below = _node(shape, value)
    return below


def _node(shape: Shape, value: Any) -> tuple[bool, Fields]:
    """Whether the value itself is a leaf, and what is below it."""
    kind = shape.kind_of(value)
    if isinstance(kind, MapShape):
        if kind.atomic:
            return True, {}
        return False, _of_map(kind, value) if isinstance(value, dict) else {}
    if isinstance(kind, ListShape):
        if kind.atomic:
            return True, {}
        return False, _of_list(kind, value) if isinstance(value, list) else {}
    return True, {}


def _of_map(kind: MapShape, value: dict[str, Any]) -> Fields:
    found: Fields = {}
    for name, inner in value.items():
        shape = kind.child(name)
        if shape is None:
            continue
        leaf, below = _node(shape, inner)
        # Keys of a map are owned, too, and what is empty would be owned by nobody.
        member = leaf or inner is None or inner == {} or name not in kind.fields
        made = node(member, below)
        if made is not None:
            found["f:" + name] = made
    return found


def _of_list(kind: ListShape, value: list[Any]) -> Fields:
    found: Fields = {}
    for step, elements in by_step(kind, value).items():
        below = _node(kind.element, elements[0])[1] if len(elements) == 1 else {}
        found[step] = node(True, below) or MEMBER
    return found
