"""The steps of a path to a field, as ``FieldsV1`` spells them.

``f:name`` is a field or a key of a map, ``k:{"name":"main"}`` the element of a list with these
keys, ``v:"a"`` the element of a set, ``i:0`` that at a position.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

import msgspec

from kconv._paths import quote

_MANY = 10_000
_SHORT = 256
_DEEPEST = 100

T = TypeVar("T")

_write = msgspec.json.Encoder().encode
_HTML = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def _kept_if_short(make: Callable[[str], T]) -> Callable[[str], T]:
    """Keep what is made of short steps; long ones would fill the memory."""
    known = lru_cache(_MANY)(make)

    @wraps(make)
    def made(step: str) -> T:
        return known(step) if len(step) <= _SHORT else make(step)

    return made


def field(name: str) -> str:
    """The step to a field of an object, or to a key of a map."""
    return "f:" + name


def keyed(keys: dict[str, Any]) -> str:
    """The step to the element of a list that has these keys."""
    parts = (f"{_write(name).decode()}:{_value(keys[name])}" for name in sorted(keys))
    return "k:{" + ",".join(parts) + "}"


def valued(value: Any) -> str:
    """The step to an element of a set."""
    return "v:" + _value(value)


def _value(value: Any) -> str:
    # Go writes numbers without a fraction as integers, and these letters as escapes.
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        value = int(value)
    text = _write(value).decode()
    return text.translate(_HTML) if isinstance(value, str) else text


@_kept_if_short
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
            return valued(_read(text))
        case "k":
            keys = _read(text)
            if not isinstance(keys, dict):
                raise ValueError(f"expected an object: {text}")
            return keyed(keys)
        case "i":
            return f"i:{int(text)}"
    return None


def _read(text: str) -> Any:
    """What a step has after its letter. Raises ``ValueError``."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level, depth = [value], 0
    while level := [
        inner
        for each in level
        if isinstance(each, dict | list)
        for inner in (each.values() if isinstance(each, dict) else each)
    ]:
        depth += 1
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
    return value


@_kept_if_short
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


@_kept_if_short
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
