"""What Kubernetes refuses of what an expression says in so many words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kconv._cel.expressions import kind_of, parts
from kconv._cel.functions import re2
from kconv._cel.library import environment, types

_TAKES = {"duration": "DURATION", "timestamp": "TIMESTAMP"}
_PRIMITIVES = ("", "bool", "int", "uint", "double", "string", "bytes")


def literal_problems(checked: Any) -> Iterator[str]:
    """Patterns, times and durations that are none, and lists of elements of several types."""
    for each in parts(checked.expr):
        kind = kind_of(each)
        if kind == "call_expr":
            yield from _of_call(each.call_expr)
        elif kind == "list_expr":
            yield from _mixed(each.list_expr.elements, checked)


def _of_call(call: Any) -> Iterator[str]:
    text = _text(call.args[-1]) if call.args else None
    if text is None:
        return
    if call.function == "matches":
        try:
            re2(text)
        except ValueError:
            yield "invalid matches argument"
    elif call.function in _TAKES and len(call.args) == 1 and not _is_one(call.function, text):
        yield f"invalid {call.function} argument"


def _text(expr: Any) -> str | None:
    if kind_of(expr) != "const_expr" or expr.const_expr.WhichOneof("kind") != "string_value":
        return None
    return str(expr.const_expr.string_value)


def _is_one(function: str, text: str) -> bool:
    found = environment(old=False).compile(f"{function}(self)").eval(data={"self": text})
    return bool(found.type() == getattr(types(), _TAKES[function]))


def _mixed(elements: Any, checked: Any) -> Iterator[str]:
    wanted = ""
    for each in elements:
        kind = checked.types[each.id]
        if kind.WhichOneof("kind") != "primitive":
            return
        found = _PRIMITIVES[kind.primitive]
        if wanted and found != wanted:
            yield f"expected type '{wanted}' but found '{found}'"
            return
        wanted = found
