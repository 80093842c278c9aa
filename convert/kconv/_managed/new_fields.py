"""The fields of a new object, found in one walk, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconv._managed.compare import CONTAINERS, PLAIN, changes
from kconv._managed.elements import order
from kconv._managed.fields import MEMBER, SELF, Fields, is_member, node, union, written
from kconv._managed.lists import by_step
from kconv._managed.shape import ListShape, MapShape, Shape


def new_fields(shape: Shape, empty: Any, value: Any) -> Fields:
    """What is different in a document from one that is almost empty.

    It is what `kconv._managed.compare.compare` finds modified and added, in order. Raises
    `kconv._managed.lists.NoStep`.
    """
    return _different(shape, empty, value) or {}


def _different(shape: Shape, old: Any, new: Any) -> Fields | None:
    if new and isinstance(new, dict):
        map_kind = shape.map
        if map_kind is not None and not map_kind.atomic and (old is None or isinstance(old, dict)):
            return _beyond(map_kind, old or _EMPTY, new) or None
    elif new and not old and isinstance(new, list):
        list_kind = shape.list
        if list_kind is not None and not list_kind.atomic and (old is None or old == []):
            return _elements(list_kind, new, {})
    _, modified, added = changes(shape, old, new)
    if modified is None or added is None:
        found = added if modified is None else modified
        return None if found is None else written(found)
    return written(node(is_member(modified) or is_member(added), union(modified, added)) or MEMBER)


_EMPTY: Mapping[str, Any] = {}


def _beyond(kind: MapShape, old: Mapping[str, Any], new: Mapping[str, Any]) -> Fields:
    made: Fields = {}
    fields, element = kind.fields, kind.element
    for name in sorted(new):
        shape = fields.get(name, element)
        if shape is None:
            continue
        value = new[name]
        if name not in old:
            holds = value and isinstance(value, CONTAINERS)
            made["f:" + name] = _whole(shape, value) if holds else MEMBER
            continue
        before = old[name]
        if type(value) in PLAIN and type(before) is type(value):
            if before != value:
                made["f:" + name] = MEMBER
        elif (found := _different(shape, before, value)) is not None:
            made["f:" + name] = found
    return made


def _whole(shape: Shape, value: Any) -> Fields:
    """As `kconv._managed.compare.whole`."""
    if isinstance(value, dict):
        map_kind = shape.map
        if not value or map_kind is None or map_kind.atomic:
            return MEMBER
        return _whole_map(map_kind, value)
    if isinstance(value, list):
        list_kind = shape.list
        if not value or list_kind is None or list_kind.atomic:
            return MEMBER
        return _elements(list_kind, value, {SELF: MEMBER})
    return MEMBER


def _whole_map(kind: MapShape, value: dict[str, Any]) -> Fields:
    made: Fields = {SELF: MEMBER}
    fields, element = kind.fields, kind.element
    for name in sorted(value):
        shape = fields.get(name, element)
        if shape is not None:
            inner = value[name]
            holds = inner and isinstance(inner, CONTAINERS)
            made["f:" + name] = _whole(shape, inner) if holds else MEMBER
    return made


def _elements(kind: ListShape, value: list[Any], made: Fields) -> Fields:
    steps = by_step(kind, value)
    for step in sorted(steps, key=order) if len(steps) > 1 else steps:
        elements = steps[step]
        made[step] = MEMBER if len(elements) > 1 else _whole(kind.element, elements[0])
    return made
