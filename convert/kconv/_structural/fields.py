"""The fields of types that are as a structural schema says, as everything but decoding asks them.

Server-side apply asks how lists and maps combine, selectors and pages what is there. What a value
has to be is judged by the schema itself.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

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
_SCALAR = str | int | float


def fields_of(schema: Schema, module: str, name: str) -> dict[str, AnyField]:
    """The fields of an object, by attributes that are no names of a class's own."""
    return {
        f"field_{at}": _field(each, module, f"{name}_{at}", data_key=key)
        for at, (key, each) in enumerate(properties(schema).items())
    }


def _field(schema: Schema, module: str, name: str, **options: Any) -> AnyField:
    kind, default = schema.get("type"), schema.get("default")
    if (kind in _SCALARS or is_int_or_string(schema)) and isinstance(default, _SCALAR):
        # What an element of a list is called that leaves out one of its keys.
        options["load_default"] = default
    if is_int_or_string(schema):
        return IntOrString(format="int64", **options)
    if kind == "array":
        return List(
            _field(items(schema), module, f"{name}_item"),
            list_type=schema.get("x-kubernetes-list-type"),
            map_keys=tuple(schema.get("x-kubernetes-list-map-keys") or ()),
            **options,
        )
    if kind in _SCALARS:
        return cast("AnyField", _SCALARS[kind](**options))
    if keeps_unknown(schema) or is_embedded(schema) or kind != "object":
        return FreeForm(**options)
    map_type = schema.get("x-kubernetes-map-type")
    of_values = values(schema)
    if of_values is not None:
        return Map(_field(of_values, module, f"{name}_value"), map_type=map_type, **options)
    # Made when somebody asks for it: a large CRD has more than a thousand, which would take longer
    # than all else that serves it, and few are asked for.
    return Object(partial(_type_of, schema, module, name), map_type=map_type, **options)


def _type_of(schema: Schema, module: str, name: str) -> type[Type]:
    """The type of an object within others."""
    made: Any = type(name, (Type,), {"__module__": module, **fields_of(schema, module, name)})
    found: type[Type] = made
    return found
