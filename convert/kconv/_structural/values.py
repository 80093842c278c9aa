"""Values of structural schemas as rules in CEL see them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from kconv._cel import duration, timestamp
from kconv._structural.schemas import (
    TYPE_META,
    Schema,
    inner,
    is_embedded,
    items,
    properties,
    values,
)
from kconv.fields import parse_duration, parse_time

_WORDS: Final = frozenset({
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function",
    "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
})  # fmt: skip
_SPELLINGS: Final = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_NAMES: Final = ("name", "generateName")
"""What rules see of metadata."""


@lru_cache(4096)
def spellings(name: str) -> tuple[str, ...]:
    """The names that a field has in expressions: one that is a word has its own besides."""
    return (escaped(name), name) if name in _WORDS else (escaped(name),)


def escaped(name: str) -> str:
    """The name of a field in an expression, where some characters and words are not allowed."""
    if name in _WORDS:
        return f"__{name}__"
    for text, spelling in _SPELLINGS.items():
        name = name.replace(text, spelling)
    return name


def unescaped(name: str) -> str:
    """The reverse of `escaped`."""
    for text, spelling in _SPELLINGS.items():
        name = name.replace(spelling, text)
    word = name[2:-2]
    return word if word in _WORDS and name == f"__{word}__" else name


def seen(value: Any, schema: Schema, *, whole: bool = False) -> Any:
    """A value as a rule sees it: declared fields, numbers, times and durations by their types.

    ``whole`` says that it is an object of Kubernetes, whose ``self`` has apiVersion, kind and name.
    """
    if isinstance(value, dict):
        return _object(value, schema, whole=whole or is_embedded(schema))
    if isinstance(value, list):
        element = items(schema)
        return [seen(each, element) for each in value]
    if isinstance(value, str):
        return _text(value, schema)
    if isinstance(value, int) and not isinstance(value, bool) and schema.get("type") == "number":
        return float(value)
    return value


def _object(value: Mapping[str, Any], schema: Schema, *, whole: bool) -> dict[str, Any]:
    element = values(schema)
    declared = properties(schema)
    if element is not None and not declared:
        return {name: seen(each, element) for name, each in value.items()}
    made = {
        spelled: seen(value[name], field)
        for name, field in declared.items()
        if name in value
        for spelled in spellings(name)
    }
    if whole:
        made |= {name: value[name] for name in TYPE_META[:2] if name in value}
        metadata = value.get("metadata")
        if isinstance(metadata, Mapping):
            made["metadata"] = {each: metadata[each] for each in _NAMES if metadata.get(each)}
    return made


def _text(value: str, schema: Schema) -> Any:
    try:
        match schema.get("format"):
            case "date-time":
                return timestamp(parse_time(value))
            case "date":
                return timestamp(datetime.strptime(value, "%Y-%m-%d"))
            case "duration":
                return duration(parse_duration(value))
            case "byte":
                return base64.b64decode(value)
    except (ValueError, binascii.Error, OverflowError):
        pass
    return value


def key_of(schema: Schema) -> Callable[[Any], str]:
    """What says which element of a list one is: its keys in a list of type map, else its value."""
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    by_keys = schema.get("x-kubernetes-list-type") == "map"

    def key(element: Any) -> str:
        known = by_keys and isinstance(element, dict)
        found = {each: element.get(each) for each in keys} if known else element
        return json.dumps(found, sort_keys=True, default=str)

    return key


def in_order_of(new: Any, old: Any, schema: Schema) -> Any:
    """An earlier value, with its sets and lists by key in the order of the new one.

    Rules compare them whatever their order is.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        return {
            name: in_order_of(new[name], each, field)
            if name in new and (field := inner(schema, name)) is not None
            else each
            for name, each in old.items()
        }
    if not (isinstance(old, list) and isinstance(new, list) and len(old) == len(new)):
        return old
    element = items(schema)
    if schema.get("x-kubernetes-list-type") in ("set", "map"):
        key = key_of(schema)
        known = {key(each): each for each in old}
        if {*map(key, new)} != known.keys():
            return old
        old = [known[key(each)] for each in new]
    return [in_order_of(now, before, element) for now, before in zip(new, old, strict=True)]
