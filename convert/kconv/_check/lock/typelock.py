"""The lock of one type, and the types that are reached from it."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import marshmallow

from kconv._check.lock.document import Facts, TypeLock
from kconv._check.lock.fieldlock import Naming, field_lock, function_name, json_value
from kconv._paths import format_path
from kconv._schema import Type, inherited
from kconv.fields import spec_of
from kconv.fields._base import innermost

TYPE_META = ("apiVersion", "kind")
"""Fields that every object has and no lock file lists."""


def reached(roots: Iterable[type[Type]]) -> list[type[Type]]:
    """The types themselves and all those of their objects, at any depth."""
    found: dict[type[Type], None] = {}
    waiting = list(roots)
    while waiting:
        cls = waiting.pop()
        if cls not in found:
            found[cls] = None
            for field in cls.instance().wire_fields().values():
                below = spec_of(innermost(field)).object_type
                waiting.extend(() if below is None else (below,))
    return list(found)


def type_lock(cls: type[Type], naming: Naming, *, resource: bool = False) -> TypeLock:
    """The lock of a type; of a ``resource`` without apiVersion and kind."""
    fields = cls.instance().wire_fields()
    return TypeLock(
        {
            name: field_lock(fields[name], naming, empty_means_default=name in cls.zero_is_absent)
            for name in sorted(fields)
            if not (resource and name in TYPE_META)
        },
        map_type=cls.instance().opts.map_type or "",
        computed=_computed(cls),
        rules=_names(cls, "rules"),
        update_rules=_names(cls, "update_rules"),
    )


def _names(cls: type[Type], what: str) -> tuple[str, ...]:
    return tuple(sorted({function_name(function) for function in inherited(cls, what)}))


def _computed(cls: type[Type]) -> dict[str, Facts]:
    """What each of the group's functions does to an empty object, by its name.

    A function that does not work on an empty object, or says something else each time, is listed
    with nothing.
    """
    functions = list(inherited(cls, "defaulters"))
    if not functions:
        return {}
    first, second = _effects(cls, functions), _effects(cls, functions)
    return {
        name: {path: first[name][path] for path in sorted(first[name])}
        if first[name] == second[name]
        else {}
        for name in sorted(first)
    }


def _effects(cls: type[Type], functions: list[Any]) -> dict[str, dict[str, Any]]:
    value: dict[str, Any] = marshmallow.Schema.load(cls.instance(), {})
    effects: dict[str, dict[str, Any]] = {}
    for function in functions:
        before = copy.deepcopy(value)
        changed: dict[str, Any] = {}
        try:
            function(value)
        except Exception:  # noqa: BLE001 - a group's function may expect more than an empty object
            value = before
        else:
            _differences(before, value, (), changed)
        effects.setdefault(function_name(function), {}).update(changed)
    return effects


def _differences(
    before: dict[str, Any], after: dict[str, Any], at: tuple[str, ...], found: dict[str, Any]
) -> None:
    for name in before.keys() | after.keys():
        path = (*at, name)
        one, other = before.get(name), after.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            _differences(one, other, path, found)
        elif one != other:
            found[format_path(path)] = json_value(other)
