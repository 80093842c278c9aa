"""What tells the elements of lists apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kconv._managed.elements import keyed, valued
from kconv._managed.shape import ListShape


class NoStep(ValueError):
    """An element that cannot be told apart from others."""


def step_of(shape: ListShape, element: Any) -> str:
    """The step to an element of a list that is not atomic. Raises `NoStep`."""
    if not shape.keys:
        return _in_set(element)
    if element is None:
        raise NoStep("associative list with keys may not have a null element")
    if not isinstance(element, dict):
        raise NoStep("associative list with keys may not have non-map elements")
    keys = {}
    for name in shape.keys:
        if name in element:
            keys[name] = element[name]
        elif name in shape.defaults:
            keys[name] = shape.defaults[name]
    if not keys:
        listed = " ".join(f'"{name}"' for name in shape.keys)
        raise NoStep(
            f"associative list with keys has an element that omits all key fields [{listed}] "
            "(and doesn't have default values for any key fields)"
        )
    return keyed(keys)


def _in_set(element: Any) -> str:
    if isinstance(element, dict):
        raise NoStep("associative list without keys has an element that's a map type")
    if isinstance(element, list):
        raise NoStep("not supported: associative list with lists as elements")
    if element is None:
        raise NoStep("associative list without keys has an element that's an explicit null")
    return valued(element)


def by_step(shape: ListShape, elements: Iterable[Any]) -> dict[str, list[Any]]:
    """The elements of a list by their steps, in order. Raises `NoStep`."""
    found: dict[str, list[Any]] = {}
    for element in elements:
        found.setdefault(step_of(shape, element), []).append(element)
    return found
