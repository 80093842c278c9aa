"""What is wrong with a document that is to be applied: types, and elements that are the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kconv._managed.elements import field, spelled
from kconv._managed.lists import NoStep, step_of
from kconv._managed.shape import ListShape, MapShape, Shape
from kconv._paths import quote


def check(shape: Shape, value: Any, *, duplicates: bool = False) -> str:
    """Everything that is wrong, as one message; empty where nothing is.

    With ``duplicates``, elements of a list may be the same.
    """
    found = [f"{path}: {why}" if path else why for path, why in _check(shape, value, duplicates)]
    if len(found) < 2:
        return "".join(found)
    return "\n".join(["errors:", *(f"  {each}" for each in found)])


_Found = Iterator[tuple[str, str]]


def _check(shape: Shape, value: Any, duplicates: bool) -> _Found:
    kind = shape.kind_of(value)
    if value is None:
        return
    if isinstance(kind, MapShape):
        yield from _map(kind, value, duplicates)
    elif isinstance(kind, ListShape):
        yield from _list(kind, value, duplicates)
    elif kind is None:
        yield "", "schema error: invalid atom"
    elif (why := _scalar(kind, value)) is not None:
        yield "", why


def _scalar(kind: str, value: Any) -> str | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    text = isinstance(value, str)
    match kind:
        case "numeric":
            return None if number else f"expected numeric (int or float), got {_type(value)}"
        case "string":
            return None if text else f"expected string, got {quote(value)}"
        case "boolean":
            return None if isinstance(value, bool) else f"expected boolean, got {_said(value)}"
        case "mixed":
            return None if number or text else f"expected text or number, got {_said(value)}"
    return (
        None
        if number or text or isinstance(value, bool)
        else (f"expected any scalar, got {_said(value)}")
    )


def _type(value: Any) -> str:
    names = {bool: "bool", str: "string", list: "[]interface {}", dict: "map[string]interface {}"}
    return names.get(type(value), type(value).__name__)


def _said(value: Any) -> str:
    return quote(value)


def _map(kind: MapShape, value: Any, duplicates: bool) -> _Found:
    if not isinstance(value, dict):
        yield "", f"expected map, got {_said(value)}"
        return
    for name, inner in value.items():
        shape = kind.child(name)
        at = spelled(field(name))
        if shape is None:
            yield at, "field not declared in schema"
            return
        for path, why in _check(shape, inner, duplicates):
            yield at + path, why


def _list(kind: ListShape, value: Any, duplicates: bool) -> _Found:
    if not isinstance(value, list):
        yield "", f"expected list, got {_said(value)}"
        return
    seen: set[str] = set()
    for index, element in enumerate(value):
        step = f"i:{index}"
        if not kind.atomic:
            try:
                step = step_of(kind, element)
            except NoStep as error:
                yield "", f"element {index}: {error}"
                return
            if step in seen and not duplicates:
                yield "", f"duplicate entries for key {spelled(step)}"
            seen.add(step)
        at = spelled(step)
        for path, why in _check(kind.element, element, duplicates):
            yield at + path, why
