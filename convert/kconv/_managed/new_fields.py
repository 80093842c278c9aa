"""The fields of a new object, found in one walk, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from kconv._known_texts import KnownTexts
from kconv._managed.compare import CONTAINERS, PLAIN, changes
from kconv._managed.elements import order
from kconv._managed.fields import MEMBER, SELF, Fields, is_member, node, union, written
from kconv._managed.lists import by_step
from kconv._managed.shape import ListShape, MapShape, Shape


class NewFields:
    """What is different in documents of a shape from one that is ``empty``, or almost.

    Many objects are of one make, such as the pods of a deployment, and differ in their metadata
    alone. So the fields of the other parts of a document are remembered by their texts: of those
    that the shape declares, for there is no end of others.
    """

    def __init__(self, shape: Shape, empty: Any) -> None:
        self.empty = empty
        self._shape = shape
        self._parts: dict[str, KnownTexts[Fields]] = {}

    def of(self, value: Any) -> Fields:
        """What `kconv._managed.compare.compare` finds modified and added, in order.

        Raises `kconv._managed.lists.NoStep`.
        """
        kind = self._shape.map
        whole = kind is None or kind.atomic or not isinstance(value, dict) or not value
        if kind is None or whole or not isinstance(self.empty, dict):
            return _different(self._shape, self.empty, value) or {}
        rest: dict[str, Any] = {}
        found: list[Fields] = []
        for name, part in value.items():
            if part and isinstance(part, dict) and name in kind.fields and name != _METADATA:
                found.append(self._part(kind, name, part))
            else:
                rest[name] = part
        made = _beyond(kind, self.empty, rest)
        for fields in found:
            made.update(fields)
        return {step: made[step] for step in sorted(made)}

    def _part(self, kind: MapShape, name: str, part: dict[str, Any]) -> Fields:
        known = self._parts.get(name)
        if known is None:
            known = self._parts[name] = KnownTexts(_MOST_BYTES)
        if not known.is_of_use():
            return _beyond(kind, self.empty, {name: part})
        text = _encode(part)
        fields = known.get(text)
        if fields is None:
            fields = _beyond(kind, self.empty, {name: part})
            known.keep(text, fields)
        return fields


_METADATA: Final = "metadata"
_MOST_BYTES: Final = 64 * 1024
_encode = msgspec.json.Encoder().encode


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
