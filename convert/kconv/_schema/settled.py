"""Values that functions made, in the form of decoded values."""

from __future__ import annotations

import copy
from typing import Any

import marshmallow
from marshmallow import missing

from kconv.fields._base import is_own, says_itself, spec_of, type_error
from kconv.fields._spec import AnyField


def settled_value(field: AnyField, value: Any) -> Any:
    """What a function made of a field, in the form of decoded values; see `Type.settled`."""
    spec = spec_of(field)
    if not says_itself(field):
        # What decodes by its own code need not decode what it decoded already.
        return value
    if spec.object_type is not None:
        if not isinstance(value, dict):
            raise type_error(value, "an object")
        return spec.object_type.instance().settled(value)
    if spec.element is None:
        return field.deserialize(value)
    if not isinstance(value, dict if spec.structure == "map" else list):
        raise type_error(value, "a map" if spec.structure == "map" else "a list")
    made: dict[Any, Any] = {}
    errors: dict[Any, Any] = {}
    for key, each in enumerate(value) if isinstance(value, list) else value.items():
        try:
            made[key] = _settled_element(spec.element, each)
        except marshmallow.ValidationError as error:
            errors[key] = error.messages
    if errors:
        raise marshmallow.ValidationError(errors)
    return list(made.values()) if isinstance(value, list) else made


def _settled_element(field: AnyField, value: Any) -> Any:
    found = settled_value(field, null_element(field) if value is None else value)
    return None if found is missing else found


def null_element(field: AnyField) -> Any:
    """What a null element of a list or map stands for, as a raw value."""
    if not is_own(field):
        return None
    return {} if spec_of(field).structure == "object" else copy.copy(spec_of(field).zero)
