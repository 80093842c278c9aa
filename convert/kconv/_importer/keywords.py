"""The keywords of a schema that the importer reads, and what each may hold."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from kconv._errors import UsageError


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _length(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _map(value: Any) -> bool:
    return isinstance(value, dict)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(element, str) for element in value)


def _pattern(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    return True


def _kinds(value: Any) -> bool:
    kinds = value if isinstance(value, list) else [value]
    names = ("group", "version", "kind")
    return all(
        isinstance(kind, dict) and all(isinstance(kind.get(name), str) for name in names)
        for kind in kinds
    )


def _columns(value: Any) -> bool:
    texts = ("name", "value", "type", "format", "description")
    return isinstance(value, list) and all(
        isinstance(column, dict)
        and {"name", "value"} <= column.keys() <= {*texts, "priority"}
        and all(isinstance(column.get(name, ""), str) for name in texts)
        and isinstance(column.get("priority", 0), int)
        for column in value
    )


def _list_type(value: Any) -> bool:
    return value in ("atomic", "set", "map")


def _map_type(value: Any) -> bool:
    return value in ("atomic", "granular")


_KEYWORDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "$ref": (_text, "a string"),
    "additionalProperties": (lambda value: _map(value) or _flag(value), "a schema or a boolean"),
    "deprecated": (_flag, "a boolean"),
    "description": (_text, "a string"),
    "enum": (lambda value: isinstance(value, list), "a list"),
    "exclusiveMaximum": (_flag, "a boolean"),
    "exclusiveMinimum": (_flag, "a boolean"),
    "format": (_text, "a string"),
    "items": (_map, "a schema"),
    "maxItems": (_length, "a length"),
    "maxLength": (_length, "a length"),
    "maximum": (_number, "a number"),
    "minItems": (_length, "a length"),
    "minLength": (_length, "a length"),
    "minimum": (_number, "a number"),
    "multipleOf": (_number, "a number"),
    "pattern": (_pattern, "a regular expression that Python reads"),
    "properties": (_map, "a map of schemas"),
    "required": (_texts, "a list of strings"),
    "type": (_text, "a string"),
    "uniqueItems": (_flag, "a boolean"),
    "x-kconv-deprecated": (_flag, "a boolean"),
    "x-kconv-columns": (_columns, "a list of columns"),
    "x-kconv-one-of": (_texts, "a list of strings"),
    "x-kconv-filled-in": (_flag, "a boolean"),
    "x-kconv-milli": (_flag, "a boolean"),
    "x-kconv-reference": (_flag, "a boolean"),
    "x-kconv-resource": (_map, "a map"),
    "x-kconv-scale": (_map, "a map"),
    "x-kconv-int64": (_flag, "a boolean"),
    "x-kconv-unique": (_flag, "a boolean"),
    "x-kubernetes-group-version-kind": (_kinds, "a list of groups, versions and kinds"),
    "x-kubernetes-int-or-string": (_flag, "a boolean"),
    "x-kubernetes-list-map-keys": (_texts, "a list of strings"),
    "x-kubernetes-list-type": (_list_type, "atomic, set or map"),
    "x-kubernetes-map-type": (_map_type, "atomic or granular"),
    "x-kubernetes-patch-merge-key": (_text, "a string"),
    "x-kubernetes-patch-strategy": (_text, "a string"),
    "x-kubernetes-preserve-unknown-fields": (_flag, "a boolean"),
}


def checked(schema: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A copy of a schema without nulls.

    Raises `UsageError`, naming ``where``, for a keyword that holds what it cannot.
    """
    present = {key: value for key, value in schema.items() if value is not None}
    for key in sorted(present.keys() & _KEYWORDS.keys()):
        holds, expected = _KEYWORDS[key]
        if not holds(present[key]):
            raise UsageError(f"{where}: {key} is not {expected}: {present[key]!r}")
    return present
