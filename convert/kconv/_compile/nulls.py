"""Bringing a document to the form that msgspec decodes: what means absence is left out."""

from __future__ import annotations

from typing import Any

import marshmallow

from kconv._compile.fields import is_compiled
from kconv._schema import Derived, Type, inherited, null_element
from kconv.fields import spec_of
from kconv.fields._base import as_written, is_own
from kconv.fields._spec import AnyField


def without_nulls(schema: type[Type], raw: Any) -> Any:
    """The document without fields that are null, or a zero that a default takes the place of.

    A null in a list or map becomes the zero of its type; what is free-form keeps its nulls. What
    is stored (`kconv.fields._base.reading_stored`) may say a whole number as ``5.0``.
    """
    if not isinstance(raw, dict):
        return raw
    fields = schema.instance().wire_fields()
    return {
        name: _inside(fields.get(name), value)
        for name, value in raw.items()
        if name not in fields or not _means_absence(schema, name, fields[name], value)
    }


def _means_absence(schema: type[Type], name: str, field: AnyField, value: Any) -> bool:
    if value is None:
        return is_own(field)
    if value or not (name in schema.zero_is_absent or _is_derived(schema, name)):
        return False
    try:
        return not field.deserialize(value)
    except marshmallow.ValidationError:
        return False


def _is_derived(schema: type[Type], name: str) -> bool:
    return any(
        isinstance(each, Derived) and each.field == name for each in inherited(schema, "defaulters")
    )


def _inside(field: AnyField | None, value: Any) -> Any:
    if field is None or not is_compiled(field):
        return value
    spec = spec_of(field)
    if spec.object_type is not None:
        return without_nulls(spec.object_type, value)
    if spec.element is not None and spec.structure == "list" and isinstance(value, list):
        return [_element(spec.element, each) for each in value]
    if spec.element is not None and spec.structure == "map" and isinstance(value, dict):
        return {key: _element(spec.element, each) for key, each in value.items()}
    if spec.element is None and spec.native is not None and spec.native is not Any:
        return as_written(value, spec.native)
    return value


def _element(field: AnyField, value: Any) -> Any:
    return null_element(field) if value is None else _inside(field, value)
