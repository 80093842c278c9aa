"""The types of a structural schema as rules see them, with the limits that bound what rules cost.

As Kubernetes has them: where a schema gives no limit, it is what fits into the largest request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from kconv._cel import Declared
from kconv._structural.schemas import (
    Schema,
    is_embedded,
    is_int_or_string,
    items,
    properties,
    values,
)
from kconv._structural.values import escaped, spellings

REQUEST: Final = 3 * 1024 * 1024
"""Bytes of the largest request that Kubernetes reckons with."""

_BOOLEAN: Final = Declared("bool", 4)
_DOUBLE: Final = Declared("double", 1)
_INTEGER: Final = Declared("int", 1)
_TEXT: Final = Declared("string", 2, REQUEST - 2)
_TIMES: Final = {
    "duration": Declared("duration", 3, 32),
    "date": Declared("timestamp", 12, 12),
    "date-time": Declared("timestamp", 21, 32),
}
_METADATA: Final = Declared("object", 2, fields={"name": _TEXT, "generateName": _TEXT})


def declared_type(schema: Schema, *, whole: bool = False) -> Declared | None:
    """The type of the values of a schema; None of what rules do not see.

    ``whole`` says that they are objects of Kubernetes.
    """
    if is_int_or_string(schema):
        return Declared("dyn", 1, _characters(schema))
    match schema.get("type"):
        case "array":
            return _list(schema)
        case "object":
            return _object(schema, whole=whole or is_embedded(schema))
        case "string":
            return _text(schema)
        case "boolean":
            return _BOOLEAN
        case "number":
            return _DOUBLE
        case "integer":
            return _INTEGER
    return None


def _list(schema: Schema) -> Declared | None:
    element = declared_type(items(schema)) if items(schema) else None
    if element is None:
        return None
    most = _limit(schema, "maxItems", (REQUEST - 2) // (element.least_bytes + 1))
    return Declared("list", 2, most, element=element)


def _object(schema: Schema, *, whole: bool) -> Declared | None:
    element = values(schema)
    if isinstance(schema.get("additionalProperties"), Mapping) and element and not whole:
        found = declared_type(element)
        if found is None:
            return None
        most = _limit(schema, "maxProperties", (REQUEST - 2) // (found.least_bytes + 6))
        return Declared("map", 2, most, element=found)
    fields: dict[str, Declared] = {}
    least = 2
    needed = {*(schema.get("required") or ())}
    for name, each in properties(schema).items():
        made = declared_type(each)
        if made is None:
            continue
        if _can_be_written(name):
            fields |= dict.fromkeys(spellings(name), made)
        if name in needed and each.get("default") is None:
            least += len(name.encode()) + made.least_bytes + 4
    if whole:
        fields |= {"apiVersion": _TEXT, "kind": _TEXT, "metadata": replace(_METADATA)}
    return Declared("object", least, fields=fields)


def _text(schema: Schema) -> Declared:
    form = schema.get("format")
    if form in _TIMES:
        return _TIMES[form]
    if form == "byte":
        return Declared("bytes", 2, _limit(schema, "maxLength", REQUEST - 2))
    if schema.get("maxLength") is None and schema.get("enum"):
        texts = [each for each in schema["enum"] if isinstance(each, str)]
        return Declared("string", 2, max((len(each.encode()) for each in texts), default=0))
    return Declared("string", 2, _characters(schema))


def _characters(schema: Schema) -> int:
    # A character has up to four bytes.
    given = schema.get("maxLength")
    return REQUEST - 2 if given is None else 4 * max(int(given), 0)


def _limit(schema: Schema, key: str, otherwise: int) -> int:
    given: Any = schema.get(key)
    return otherwise if given is None else max(int(given), 0)


def _can_be_written(name: str) -> bool:
    """Whether an expression can name a field."""
    return escaped(name).isidentifier() and name.isascii()
