"""One object with every field set, the same on every machine and in every release.

A value depends on nothing but its path and its field, so that a change of a schema changes the
golden file where the schema changed, and nowhere else.
"""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import marshmallow

from kconv._errors import SchemeError
from kconv._paths import Path, format_path
from kconv._schema import Type
from kconv._scheme import Spoke
from kconv.fields import (
    Boolean,
    Bytes,
    Double,
    Duration,
    FreeForm,
    Integer,
    IntOrString,
    List,
    Map,
    MicroTime,
    Object,
    Quantity,
    String,
    Time,
)
from kconv.fields._base import check_field
from kconv.fields._duration import format_duration
from kconv.fields._time import format_micro_time, format_time
from kconv.testing._examples import examples_of
from kconv.testing._patterns import text_for

_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)


def full(spoke: Spoke) -> dict[str, Any]:
    """An object of a spoke with every field set: one element a list, one key a map.

    A type within itself is left out. Raises `SchemeError` for a field that no placeholder fits.
    """
    value = _object(spoke.schema, (), ())
    return {**value, "kind": spoke.options.kind, "apiVersion": spoke.api_version}


def _object(schema: type[Type], path: Path, above: tuple[type[Type], ...]) -> dict[str, Any]:
    inside = (*above, schema)
    return {
        name: _field(field, (*path, name), inside)
        for name, field in schema.instance().wire_fields().items()
        if not _recurs(field, inside)
    }


def _recurs(field: marshmallow.fields.Field[Any], above: tuple[type[Type], ...]) -> bool:
    while isinstance(field, List | Map):
        field = field.inner
    return isinstance(field, Object) and field.type in above


def _field(field: marshmallow.fields.Field[Any], path: Path, above: tuple[type[Type], ...]) -> Any:
    examples = examples_of(field)
    if examples:
        return examples[0]
    if isinstance(field, Object):
        return _object(field.type, path, above)
    if isinstance(field, List):
        count = max(field.min_items or 0, 1)
        return [_field(field.inner, (*path, index), above) for index in range(count)]
    if isinstance(field, Map):
        key = f"{_name(path)}Key"
        return {key: _field(field.inner, (*path, key), above)}
    value = _scalar(field, path)
    found = list(check_field(field, value, path))
    if found:
        raise SchemeError(
            f"no placeholder fits {format_path(path)}; declare it with "
            f'metadata={{"examples": [...]}} ({found[0]})'
        )
    return value


def _scalar(field: marshmallow.fields.Field[Any], path: Path) -> Any:
    number = zlib.crc32(format_path(path).encode()) % 999 + 1
    if isinstance(field, String):
        return _string(field, path)
    if isinstance(field, Integer):
        return _within(number, field.minimum, field.maximum)
    if isinstance(field, Double):
        return _within(number + 0.5, field.minimum, field.maximum)
    if isinstance(field, Boolean):
        return True
    if isinstance(field, Quantity | IntOrString):
        return str(number) if isinstance(field, Quantity) else number
    if isinstance(field, MicroTime):
        return format_micro_time(_EPOCH + timedelta(days=number, microseconds=number))
    if isinstance(field, Time):
        return format_time(_EPOCH + timedelta(days=number, seconds=number))
    if isinstance(field, Duration):
        return format_duration(number * 10**9)
    if isinstance(field, Bytes):
        return base64.b64encode(f"{_name(path)}Value".encode()).decode()
    if isinstance(field, FreeForm):
        return {f"{_name(path)}Key": f"{_name(path)}Value"}
    raise SchemeError(
        f"{format_path(path)} is a {type(field).__name__}, which kconv knows no value of; declare "
        'it with metadata={"examples": [...]}'
    )


def _string(field: String, path: Path) -> str:
    if field.enum:
        return field.enum[0]
    index = next((step for step in reversed(path) if isinstance(step, int)), 0)
    text = f"{_name(path)}Value{index or ''}"
    matching = text_for(field.pattern) if field.pattern is not None else None
    for each in (text, text.lower(), matching or text):
        sized = each.ljust(field.min_length or 0, "x")[: field.max_length]
        if not next(field.check(sized, path), None):
            return sized
    return text


def _within(value: float, minimum: float | None, maximum: float | None) -> float:
    if minimum is not None and value < minimum:
        return minimum
    return maximum if maximum is not None and value > maximum else value


def _name(path: Path) -> str:
    """The innermost field of a path; elements are called as their list is."""
    return next(str(step) for step in reversed(path) if isinstance(step, str))
