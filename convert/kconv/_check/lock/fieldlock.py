"""The lock of one field, from its declaration."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import marshmallow
from marshmallow import missing

from kconv._check.lock.document import FACTS, FieldLock
from kconv._schema import Type
from kconv.fields import (
    Double,
    Field,
    FreeForm,
    Integer,
    List,
    Map,
    Object,
    Quantity,
    String,
)

AnyField = marshmallow.fields.Field[Any]
Naming = Callable[[type[Type]], str]
"""What a type is called in the file."""


def field_lock(field: AnyField, naming: Naming, *, empty_means_default: bool = False) -> FieldLock:
    """The lock of a field; ``naming`` names the types of objects."""
    facts = _common(field)
    if empty_means_default:
        facts["emptyMeansDefault"] = True
    facts.update(_own(field))
    of = naming(field.type) if isinstance(field, Object) else ""
    items = field_lock(field.inner, naming) if isinstance(field, List | Map) else None
    said = {name: facts[name] for name in FACTS if name in facts and _says(name, facts[name])}
    return FieldLock(_type_name(field), of, items, said)


def named(function: object) -> str:
    """A name for a function or validator that is the same in every run."""
    function = getattr(function, "function", function)
    name = getattr(function, "__qualname__", None)
    if isinstance(name, str):
        return name
    text = repr(function)
    return type(function).__qualname__ if " at 0x" in text else text


def json_value(value: Any) -> Any:
    """A value as JSON has it: tuples and sets are lists, what JSON has not is its text."""
    if isinstance(value, Mapping):
        return {str(key): json_value(inner) for key, inner in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((json_value(each) for each in value), key=repr)
    if isinstance(value, list | tuple):
        return [json_value(each) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)


def _says(name: str, value: Any) -> bool:
    """Whether a fact is worth a word; a default always is, and a bound of 0."""
    return name == "default" or not (value is None or value is False or value in ("", []))


def _type_name(field: AnyField) -> str:
    if isinstance(field, Field):
        return field.type_name
    return f"marshmallow.{type(field).__name__}"


def _common(field: AnyField) -> dict[str, Any]:
    facts: dict[str, Any] = {"required": field.required}
    default = field.load_default
    if default in (dict, list):
        facts["default"] = default()
    elif callable(default):
        facts["computedDefault"] = named(default)
    elif default is not missing:
        facts["default"] = json_value(copy.copy(default))
    facts["rules"] = sorted(named(each) for each in field.validators)
    if isinstance(field, Field) and not type(field).__module__.startswith("kconv.fields."):
        facts["class"] = type(field).__qualname__
    return facts


def _own(field: AnyField) -> dict[str, Any]:
    if isinstance(field, String):
        return {
            "enum": sorted(field.enum),
            "open": bool(field.metadata.get("open")),
            "pattern": field.pattern,
            "minLength": field.min_length,
            "maxLength": field.max_length,
        }
    if isinstance(field, Integer):
        return {"format": field.format, "minimum": field.minimum, "maximum": field.maximum}
    if isinstance(field, Double):
        return {"minimum": field.minimum, "maximum": field.maximum}
    if isinstance(field, List):
        return _list_facts(field)
    if isinstance(field, Object):
        return {"patchStrategy": field.patch_strategy}
    if isinstance(field, Quantity):
        return {"milli": field.milli}
    if isinstance(field, FreeForm):
        return {"objectOnly": field.object_only}
    return {}


def _list_facts(field: List) -> dict[str, Any]:
    return {
        "minItems": field.min_items,
        "maxItems": field.max_items,
        "unique": field.unique,
        "listType": field.list_type,
        "mapKeys": list(field.map_keys),
        "mergeKey": field.merge_key,
        "patchStrategy": field.patch_strategy,
    }
