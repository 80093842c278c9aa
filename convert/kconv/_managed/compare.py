"""What a change of an object adds, modifies and removes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from kconv._managed.fields import MEMBER, SELF, Fields
from kconv._managed.lists import by_step
from kconv._managed.shape import ListShape, MapShape, Shape
from kconv._managed.values import same


class Comparison(NamedTuple):
    """Fields by what happened to them; none is in two of the sets."""

    removed: Fields
    modified: Fields
    added: Fields


Nodes = tuple[Fields | None, Fields | None, Fields | None]

_NOTHING: Final[Nodes] = (None, None, None)
_MODIFIED: Final[Nodes] = (None, MEMBER, None)
CONTAINERS: Final = (dict, list)
PLAIN: Final = (str, int, bool)
_EMPTY: Final[Mapping[str, Any]] = {}


def compare(shape: Shape, old: Any, new: Any) -> Comparison:
    """What is different in ``new``. Raises `kconv._managed.lists.NoStep`."""
    removed, modified, added = changes(shape, old, new)
    return Comparison(removed or {}, modified or {}, added or {})


def changes(shape: Shape, old: Any, new: Any) -> Nodes:
    """The nodes of what a change removes, modifies and adds; None where there is nothing."""
    if old is new:
        return _NOTHING
    before, after = shape.kind_of(old), shape.kind_of(new)
    if before is after:
        return _of_kind(after, old, new)
    if old is None or new is None:
        # Null takes on whatever form the other has.
        return _of_kind(before if new is None else after, old, new)
    return _joined(_of_kind(before, old, new), _of_kind(after, old, new))


def _of_kind(kind: Any, old: Any, new: Any) -> Nodes:
    if isinstance(kind, MapShape):
        left = old if isinstance(old, dict) else None
        right = new if isinstance(new, dict) else None
        if not kind.atomic and (left or right):
            return _maps(kind, left or _EMPTY, right or _EMPTY)
    elif isinstance(kind, ListShape):
        items = old if isinstance(old, list) else None
        others = new if isinstance(new, list) else None
        if not kind.atomic and (items or others):
            return _lists(kind, items or [], others or [])
    return _NOTHING if same(old, new) else _MODIFIED


def _maps(kind: MapShape, old: Mapping[str, Any], new: Mapping[str, Any]) -> Nodes:
    if old == new and (kind.exact or same(old, new)):
        return _NOTHING
    removed: Fields | None = None
    modified: Fields | None = None
    added: Fields | None = None
    for name, value in new.items():
        shape = kind.child(name)
        if shape is None:
            continue
        step = "f:" + name
        if name not in old:
            added = {} if added is None else added
            added[step] = whole(shape, value)
            continue
        before = old[name]
        if before is value:
            continue
        if type(value) in PLAIN and type(before) is type(value):
            # As below, for what most fields are.
            if before != value:
                modified = {} if modified is None else modified
                modified[step] = MEMBER
            continue
        gone, other, come = changes(shape, before, value)
        if gone is not None:
            removed = {} if removed is None else removed
            removed[step] = gone
        if other is not None:
            modified = {} if modified is None else modified
            modified[step] = other
        if come is not None:
            added = {} if added is None else added
            added[step] = come
    for name, value in old.items():
        if name not in new and (shape := kind.child(name)) is not None:
            removed = {} if removed is None else removed
            removed["f:" + name] = whole(shape, value)
    return removed, modified, added


def _lists(kind: ListShape, old: list[Any], new: list[Any]) -> Nodes:
    if old == new and same(old, new):
        return _NOTHING
    before, after = by_step(kind, old), by_step(kind, new)
    nodes: tuple[Fields, Fields, Fields] = ({}, {}, {})
    for step in {**before, **after}:
        left, right = before.get(step, []), after.get(step, [])
        for found, made in zip(nodes, _elements(kind.element, left, right), strict=True):
            if made is not None:
                found[step] = made
    return nodes[0] or None, nodes[1] or None, nodes[2] or None


def _elements(shape: Shape, old: list[Any], new: list[Any]) -> Nodes:
    """Elements that share a step; where there are several, they are one field."""
    match len(old), len(new):
        case (1, 1):
            return changes(shape, old[0], new[0])
        case (1, 0):
            return whole(shape, old[0]), None, None
        case (0, 1):
            return None, None, whole(shape, new[0])
        case (0, _):
            return None, None, MEMBER
        case (_, 0):
            return MEMBER, None, None
        case (1, _):
            return whole(shape, old[0]), None, MEMBER
        case (_, 1):
            return MEMBER, None, whole(shape, new[0])
    return _NOTHING if same(old, new) else _MODIFIED


def _joined(one: Nodes, other: Nodes) -> Nodes:
    """A value that was of another form is both modified and what is now below it."""
    removed, modified, added = (
        right if left is None else left if right is None or left is right else {**left, **right}
        for left, right in zip(one, other, strict=True)
    )
    return removed, modified, added


def whole(shape: Shape, value: Any) -> Fields:
    """The node of a value that is all new, or all gone."""
    if not value or not isinstance(value, CONTAINERS):
        return MEMBER
    kind = shape.kind_of(value)
    if isinstance(kind, MapShape) and isinstance(value, dict) and not kind.atomic:
        made: Fields = {SELF: MEMBER}
        child, fields = kind.element, kind.fields
        for name, inner in value.items():
            below = fields.get(name, child)
            if below is not None:
                plain = not isinstance(inner, CONTAINERS)
                made["f:" + name] = MEMBER if plain else whole(below, inner)
        return made
    if isinstance(kind, ListShape) and isinstance(value, list) and not kind.atomic:
        made = {SELF: MEMBER}
        for step, elements in by_step(kind, value).items():
            made[step] = MEMBER if len(elements) > 1 else whole(kind.element, elements[0])
        return made
    return MEMBER
