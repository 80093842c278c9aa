"""Null equals absent: taking nulls out of a document before it is decoded by msgspec."""

from __future__ import annotations

from typing import Any

from kconv._schema import Type
from kconv.fields import spec_of
from kconv.fields._base import is_own
from kconv.fields._spec import AnyField


def without_nulls(schema: type[Type], raw: Any) -> Any:
    """The document without the fields that are null; what is free-form keeps its nulls."""
    if not isinstance(raw, dict):
        return raw
    fields = schema.instance().wire_fields()
    return {
        name: _inside(fields.get(name), value)
        for name, value in raw.items()
        if value is not None or name not in fields or not is_own(fields[name])
    }


def _inside(field: AnyField | None, value: Any) -> Any:
    spec = None if field is None else spec_of(field)
    if spec is None:
        return value
    if spec.object_type is not None:
        return without_nulls(spec.object_type, value)
    if spec.structure == "list" and isinstance(value, list):
        return [_inside(spec.element, each) for each in value]
    if spec.structure == "map" and isinstance(value, dict):
        return {key: _inside(spec.element, each) for key, each in value.items()}
    return value
