"""The fields of types that are as a structural schema says, as everything but decoding asks them.

Server-side apply asks how lists and maps combine, selectors and pages what is there. What a value
has to be is judged by the schema itself.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, Final, cast

from kconv._schema import Type
from kconv._structural.schemas import (
    Schema,
    is_embedded,
    is_int_or_string,
    items,
    keeps_unknown,
    properties,
    values,
)
from kconv.fields import Boolean, Double, FreeForm, Int64, IntOrString, List, Map, Object, String
from kconv.fields._spec import AnyField

_SCALARS = {"boolean": Boolean, "integer": Int64, "number": Double, "string": String}

_MAKING: Final = Lock()


def fields_of(schema: Schema, module: str, name: str) -> dict[str, AnyField]:
    """The fields of an object, by attributes that are no names of a class's own."""
    return {
        f"field_{at}": _field(each, module, f"{name}_{at}", data_key=key)
        for at, (key, each) in enumerate(properties(schema).items())
    }


def _field(schema: Schema, module: str, name: str, **options: Any) -> AnyField:
    if is_int_or_string(schema):
        return IntOrString(format="int64", **options)
    kind = schema.get("type")
    if kind == "array":
        return List(
            _field(items(schema), module, f"{name}_item"),
            list_type=schema.get("x-kubernetes-list-type"),
            map_keys=tuple(schema.get("x-kubernetes-list-map-keys") or ()),
            **options,
        )
    if kind in _SCALARS:
        default = schema.get("default")
        if isinstance(default, str | bool | int):
            # What an element of a list is called that leaves out one of its keys.
            options["load_default"] = default
        return cast("AnyField", _SCALARS[kind](**options))
    if keeps_unknown(schema) or is_embedded(schema) or kind != "object":
        return FreeForm(**options)
    map_type = schema.get("x-kubernetes-map-type")
    of_values = values(schema)
    if of_values is not None:
        return Map(_field(of_values, module, f"{name}_value"), map_type=map_type, **options)
    return Object(_when_asked(schema, module, name), map_type=map_type, **options)


def _when_asked(schema: Schema, module: str, name: str) -> Callable[[], type[Type]]:
    """The type of an object within others, made when somebody asks for it: few are asked for.

    A large CRD has more than a thousand, which would take longer than all else that serves it.
    """
    found: type[Type] | None = None

    def type_of() -> type[Type]:
        nonlocal found
        with _MAKING:
            if found is None:
                fields = fields_of(schema, module, name)
                made: Any = type(name, (Type,), {"__module__": module, **fields})
                found = made
        return found

    return type_of
