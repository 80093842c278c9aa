"""Sets of fields as their schema has them: what became atomic, and named fields as members."""

from __future__ import annotations

from kconv._managed.fields import MEMBER, SELF, Fields, is_member, node
from kconv._managed.shape import ListShape, MapShape, Shape


def reconciled(shape: Shape, fields: Fields) -> Fields:
    """A set after changes of its schema: fields below what is atomic now are that as a whole.

    The same set where nothing changed.
    """
    kind = shape.map or shape.scalar or shape.list
    if isinstance(kind, MapShape):
        return _below_map(kind, fields)
    return _below_list(kind, fields) if isinstance(kind, ListShape) else fields


def _below_map(kind: MapShape, fields: Fields) -> Fields:
    made: Fields | None = None
    for step, inner in fields.items():
        if step == SELF or not inner:
            continue
        shape = kind.fields.get(step[2:], kind.element) if step[0] == "f" else kind.element
        if shape is None:
            continue
        found = _node(shape, inner)
        if found is not inner:
            made = {**fields} if made is None else made
            made[step] = found
    return fields if made is None else made


def _below_list(kind: ListShape, fields: Fields) -> Fields:
    made: Fields | None = None
    for step, inner in fields.items():
        if step == SELF or not inner:
            continue
        found = _node(kind.element, inner)
        if found is not inner:
            made = {**fields} if made is None else made
            made[step] = found
    return fields if made is None else made


def _node(shape: Shape, inner: Fields) -> Fields:
    kind = shape.map or shape.scalar or shape.list
    if isinstance(kind, MapShape):
        return MEMBER if kind.atomic else _below_map(kind, inner)
    if isinstance(kind, ListShape):
        return MEMBER if kind.atomic else _below_list(kind, inner)
    return inner


def with_named(shape: Shape | None, fields: Fields) -> Fields:
    """A set with all declared fields that have some of their own in it."""
    kind_map = None if shape is None else shape.map
    kind_list = None if shape is None else shape.list
    made: Fields = {}
    for step, inner in fields.items():
        if step == SELF:
            continue
        below: Shape | None = None
        member = is_member(inner)
        if step[0] == "f" and kind_map is not None:
            below = kind_map.child(step[2:])
            member = member or step[2:] in kind_map.fields
        elif step[0] == "k" and kind_list is not None:
            below = kind_list.element
        found = node(member, with_named(below, inner))
        if found is not None:
            made[step] = found
    return made
