"""The steps of a path to a field, as ``FieldsV1`` spells them.

``f:name`` is a field or a key of a map, ``k:{"name":"main"}`` the element of a list with these
keys, ``v:"a"`` the element of a set, ``i:0`` that at a position.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import msgspec

from kconv._paths import quote

_MANY = 10_000

_write = msgspec.json.Encoder().encode
_HTML = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def field(name: str) -> str:
    """The step to a field of an object, or to a key of a map."""
    return "f:" + name


def keyed(keys: dict[str, Any]) -> str:
    """The step to the element of a list that has these keys."""
    return "k:{" + ",".join(f'"{name}":{_value(keys[name])}' for name in sorted(keys)) + "}"


def valued(value: Any) -> str:
    """The step to an element of a set."""
    return "v:" + _value(value)


def _value(value: Any) -> str:
    # Go writes numbers without a fraction as integers, and these letters as escapes.
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        value = int(value)
    text = _write(value).decode()
    return text.translate(_HTML) if isinstance(value, str) else text


@lru_cache(_MANY)
def canonical(step: str) -> str | None:
    """A step as this module writes it; None for one of a sort that nobody knows.

    Raises ``ValueError`` for what is no step.
    """
    if len(step) < 2:
        raise ValueError("key must be 2 characters long:")
    if step[1] != ":":
        raise ValueError(f"missing colon: {step}")
    text = step[2:]
    match step[0]:
        case "f":
            return step
        case "v":
            return valued(json.loads(text))
        case "k":
            keys = json.loads(text)
            if not isinstance(keys, dict):
                raise ValueError(f"expected an object: {text}")
            return keyed(keys)
        case "i":
            return f"i:{int(text)}"
    return None


@lru_cache(_MANY)
def order(step: str) -> tuple[Any, ...]:
    """What steps are sorted by: fields, keys, values, then positions."""
    text = step[2:]
    match step[:1]:
        case "f":
            return (0, text)
        case "k":
            keys = json.loads(text)
            return (1, *((name, *_rank(keys[name])) for name in sorted(keys)))
        case "v":
            return (2, *_rank(json.loads(text)))
        case "i":
            return (3, int(text))
    return (-1,)


def _rank(value: Any) -> tuple[int, Any]:
    """Values of different types have an order, too."""
    if isinstance(value, bool):
        return (2, value)
    if isinstance(value, int | float):
        return (0, value)
    if isinstance(value, str):
        return (1, value)
    if value is None:
        return (5, 0)
    return (3 if isinstance(value, list) else 4, json.dumps(value, sort_keys=True))


@lru_cache(_MANY)
def spelled(step: str) -> str:
    """A step as messages have it: ``.name``, ``[name="main"]``, ``[="a"]``, ``[0]``."""
    text = step[2:]
    match step[:1]:
        case "k":
            keys = json.loads(text)
            return "[" + ",".join(f"{name}={_said(keys[name])}" for name in sorted(keys)) + "]"
        case "v":
            return f"[={_said(json.loads(text))}]"
        case "i":
            return f"[{text}]"
    return f".{text}"


def _said(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return quote(value)
