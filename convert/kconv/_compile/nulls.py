"""Null equals absent: taking nulls out of a document before it is decoded by msgspec."""

from __future__ import annotations

from typing import Any

from kconv._compile.fields import AnyField
from kconv._schema import Type
from kconv.fields import List, Map, Object


def without_nulls(schema: type[Type], raw: Any) -> Any:
    """The document without the fields that are null; what is free-form keeps its nulls."""
    if not isinstance(raw, dict):
        return raw
    fields = schema.instance().wire_fields()
    return {
        name: _inside(fields.get(name), value)
        for name, value in raw.items()
        if value is not None or name not in fields
    }


def _inside(field: AnyField | None, value: Any) -> Any:
    if isinstance(field, Object):
        return without_nulls(field.type, value)
    if isinstance(field, List) and isinstance(value, list):
        return [_inside(field.inner, each) for each in value]
    if isinstance(field, Map) and isinstance(value, dict):
        return {key: _inside(field.inner, each) for key, each in value.items()}
    return value
