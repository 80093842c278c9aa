"""Paths of rules: ``spec.template.spec.containers[*].image``, and reading and writing along them.

``[*]`` stands for each element of a list or each value of a map. A rule with two paths has as
many of them in each, and the elements of the two sides belong together one by one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from marshmallow import missing

from kconv._errors import SchemeError

EACH = "*"
Steps = tuple[str, ...]
"""Field names, outermost first, with `EACH` where a path goes into every element."""

_STEP = re.compile(r"([^.\[\]]+)((?:\[\*\])*)")

MISSING: Any = missing


def parse_steps(text: str) -> Steps:
    """Read ``spec.rules[*].host``. Raises `SchemeError` for an empty or malformed path."""
    steps: list[str] = []
    for part in text.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise SchemeError(f'"{text}" is not a field path such as spec.rules[*].host')
        steps.append(match[1])
        steps.extend([EACH] * (len(match[2]) // 3))
    return tuple(steps)


def format_steps(steps: Steps) -> str:
    """The path as one string, ``spec.rules[*].host``."""
    text = ""
    for step in steps:
        text += "[*]" if step == EACH else f".{step}" if text else step
    return text


def get(value: Any, steps: Steps) -> Any:
    """What is at a path without `EACH`; `MISSING` when nothing is."""
    for step in steps:
        if not isinstance(value, dict) or step not in value:
            return MISSING
        value = value[step]
    return value


def put(value: dict[str, Any], steps: Steps, new: Any) -> None:
    """Set what is at a path without `EACH`, making the objects that lead to it."""
    for step in steps[:-1]:
        inner = value.get(step)
        if not isinstance(inner, dict):
            inner = value[step] = {}
        value = inner
    value[steps[-1]] = new


def copied(value: Any) -> Any:
    """A copy of a JSON-shaped value that shares nothing with it; `copy.deepcopy` takes longer."""
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if kind is dict:
        return {key: copied(each) for key, each in value.items()}
    if kind is list:
        return [copied(each) for each in value]
    return copy.deepcopy(value)


def equal(one: Any, other: Any) -> bool:
    """Whether two JSON-shaped values are the same, for which 1 is neither true nor 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def pairs(
    source: Any, source_steps: Steps, target: Any, target_steps: Steps
) -> Iterator[tuple[Any, Steps, Any, Steps]]:
    """Walk two paths side by side into every element that both sides have.

    Yields source, its rest of the path, target, its rest of the path: without `EACH`.
    """
    if EACH not in source_steps:
        yield source, source_steps, target, target_steps
        return
    at_source, at_target = source_steps.index(EACH), target_steps.index(EACH)
    inner_source = get(source, source_steps[:at_source])
    inner_target = get(target, target_steps[:at_target])
    for one, other in _elements(inner_source, inner_target):
        yield from pairs(one, source_steps[at_source + 1 :], other, target_steps[at_target + 1 :])


def _elements(source: Any, target: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(source, list) and isinstance(target, list):
        yield from zip(source, target, strict=False)
    elif isinstance(source, dict) and isinstance(target, dict):
        for key, inner in source.items():
            if key in target:
                yield inner, target[key]
