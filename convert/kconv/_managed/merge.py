"""A document that is applied, merged into what there is."""

from __future__ import annotations

from typing import Any, Final

from kconv._managed.elements import spelled
from kconv._managed.lists import NoStep, step_of
from kconv._managed.shape import ListShape, MapShape, Shape

_ABSENT: Final = object()


def merge(shape: Shape, live: Any, applied: Any) -> Any:
    """The live document with all that is applied; nothing is removed by it.

    What is empty in the outcome is None. Raises `kconv._managed.lists.NoStep` for elements of an
    applied list that cannot be told apart.
    """
    made = _merged(shape, live, applied)
    return None if made is _ABSENT else made


def _merged(shape: Shape, live: Any, applied: Any) -> Any:
    kind = shape.kind_of(live if applied is _ABSENT else applied)
    if applied is None and live is not _ABSENT:
        # Null takes on the form of what it is merged into.
        kind = shape.kind_of(live)
    if isinstance(kind, MapShape):
        return _maps(kind, live, applied)
    if isinstance(kind, ListShape):
        return _lists(kind, live, applied)
    return live if applied is _ABSENT else applied


def _maps(kind: MapShape, live: Any, applied: Any) -> Any:
    left = live if isinstance(live, dict) else {}
    right = applied if isinstance(applied, dict) else {}
    if kind.atomic or not (left or right):
        return live if applied is _ABSENT else applied
    made = {}
    for name in {**left, **right}:
        shape = kind.child(name)
        if shape is None:
            continue
        inner = _merged(shape, left.get(name, _ABSENT), right.get(name, _ABSENT))
        if inner is not _ABSENT:
            made[name] = inner
    return made or _ABSENT


def _lists(kind: ListShape, live: Any, applied: Any) -> Any:
    left = live if isinstance(live, list) else []
    right = applied if isinstance(applied, list) else []
    if kind.atomic or not (left or right):
        return live if applied is _ABSENT else applied
    made = [each for each in _elements(kind, left, right) if each is not _ABSENT]
    return made or _ABSENT


def _elements(kind: ListShape, left: list[Any], right: list[Any]) -> list[Any]:
    """The elements in the order of what is applied; the others where they were among them."""
    there = [step_of(kind, element) for element in left]
    # Of elements that are there twice, none is merged.
    known: dict[str, Any] = {}
    for step, element in zip(there, left, strict=True):
        known[step] = None if step in known else element
    wanted: list[str] = []
    given: dict[str, Any] = {}
    for element in right:
        step = step_of(kind, element)
        if step in given:
            raise NoStep(f"duplicate entries for key {spelled(step)}")
        wanted.append(step)
        given[step] = element

    def both(step: str) -> Any:
        return _merged(kind.element, known.get(step, _ABSENT), given[step])

    made: list[Any] = []
    done: set[str] = set()
    shared = [step for step in wanted if step in known]
    at = position = next_shared = 0
    while at < len(there) or position < len(wanted):
        if at < len(there) and position < len(wanted):
            step = there[at]
            if step == wanted[position]:
                done.add(step)
                made.append(both(step))
                at, position = at + 1, position + 1
                next_shared += 1
                continue
            if step in given and next_shared < len(shared) and shared[next_shared] != step:
                # It comes where the order of what is applied has it.
                at += 1
                continue
        if at < len(there):
            step = there[at]
            if step not in given:
                made.append(_merged(kind.element, left[at], _ABSENT))
                at += 1
                continue
            if step in done:
                at += 1
        if position < len(wanted):
            step = wanted[position]
            done.add(step)
            made.append(both(step))
            position += 1
            if next_shared < len(shared) and shared[next_shared] == step:
                next_shared += 1
    return made
