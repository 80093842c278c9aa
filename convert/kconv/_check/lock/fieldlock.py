"""The lock of one field, from its declaration."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import missing

from kconv._check.lock.document import FACTS, FieldLock
from kconv._schema import Type
from kconv.fields import spec_of
from kconv.fields._base import is_own, says_itself
from kconv.fields._spec import AnyField

Naming = Callable[[type[Type]], str]
"""What a type is called in the file."""


def field_lock(field: AnyField, naming: Naming, *, empty_means_default: bool = False) -> FieldLock:
    """The lock of a field; ``naming`` names the types of objects."""
    facts = _common(field)
    if empty_means_default:
        facts["emptyMeansDefault"] = True
    facts.update(_own(field))
    spec = spec_of(field)
    of = "" if spec.object_type is None else naming(spec.object_type)
    items = None if spec.element is None else field_lock(spec.element, naming)
    said = {name: facts[name] for name in FACTS if name in facts and _says(name, facts[name])}
    return FieldLock(_type_name(field), of, items, said)


def function_name(function: object) -> str:
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
    if is_own(field) or says_itself(field):
        return spec_of(field).type_name
    return f"marshmallow.{type(field).__name__}"


def _common(field: AnyField) -> dict[str, Any]:
    facts: dict[str, Any] = {"required": field.required}
    default = field.load_default
    if default in (dict, list):
        facts["default"] = default()
    elif callable(default):
        facts["computedDefault"] = function_name(default)
    elif default is not missing:
        facts["default"] = json_value(copy.copy(default))
    facts["rules"] = sorted(function_name(each) for each in field.validators)
    known = is_own(field) or says_itself(field)
    if known and not type(field).__module__.startswith("kconv.fields."):
        facts["class"] = type(field).__qualname__
    return facts


def _own(field: AnyField) -> dict[str, Any]:
    spec = spec_of(field)
    return {
        "enum": sorted(spec.enum),
        "open": bool(field.metadata.get("open")),
        "pattern": spec.pattern,
        "minLength": spec.min_length,
        "maxLength": spec.max_length,
        "minimum": spec.minimum,
        "maximum": spec.maximum,
        "minItems": spec.min_items,
        "maxItems": spec.max_items,
        "unique": spec.unique,
        "listType": spec.list_type,
        "mapKeys": list(spec.map_keys),
        "mapType": spec.map_type,
        "mergeKey": spec.merge_key,
        "patchStrategy": spec.patch_strategy,
        **(spec.facts or {}),
    }
