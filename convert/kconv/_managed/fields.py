"""Sets of fields, in the form that ``FieldsV1`` has.

A set is a tree of dicts by step (see `kconv._managed.elements`). A field is in the set if its dict
is empty or holds ``"."``; otherwise it is there for the fields below it alone. Sets are never
changed once they are made, and share their parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kconv._managed.elements import canonical, order, spelled

Fields = dict[str, Any]
"""A set; each value is a dict of the same form."""

Steps = tuple[str, ...]

SELF = "."
MEMBER: Fields = {}
"""The node of a field that is in a set, with none below it. Not to be changed."""


def is_member(node: Fields) -> bool:
    """Whether the field of a node is in its set."""
    return not node or SELF in node


def node(member: bool, below: Fields) -> Fields | None:
    """A node of a field and those below it; None where nothing is in the set."""
    if not below:
        return MEMBER if member else None
    return {SELF: MEMBER, **below} if member else below


def parse(raw: Any) -> Fields:
    """A set as a client may have written it. Raises ``ValueError`` for what is none."""
    found, _ = _parsed(raw)
    return found


def _parsed(raw: Any) -> tuple[Fields, bool]:
    if raw is None:
        return {}, True
    if not isinstance(raw, dict):
        raise ValueError("expected an object")
    member = SELF in raw
    below: Fields = {}
    for step, inner in raw.items():
        if step == SELF:
            continue
        name = step if step[:2] == "f:" else canonical(step)
        if name is None:
            continue
        if inner == {}:
            below[name] = MEMBER
            continue
        deeper, is_in = _parsed(inner)
        made = node(is_in or not deeper, deeper)
        if made is not None:
            below[name] = made
    return below, member


def written(fields: Fields) -> Fields:
    """A set with its fields in the order that Kubernetes writes them."""
    if not fields:
        return {}
    names = sorted(fields)
    if names[-1][0] != "f" or (len(names) > 1 and names[0][0] not in "f."):
        names.sort(key=order)
    return {name: written(inner) if (inner := fields[name]) else MEMBER for name in names}


def union(one: Fields, other: Fields) -> Fields:
    """The fields that are in either set."""
    if not one or not other:
        return one or other
    made = {step: inner for step, inner in one.items() if step != SELF}
    for step, right in other.items():
        if step == SELF:
            continue
        left = made.get(step)
        if left is None or left is right:
            made[step] = right
            continue
        joined = node(is_member(left) or is_member(right), union(below(left), below(right)))
        made[step] = joined if joined is not None else MEMBER
    return made


def union_of(sets: Sequence[Fields]) -> Fields:
    """The fields that are in any of many sets."""
    # In pairs, so that no set is copied once for each of the others.
    while len(sets) > 1:
        odd = sets[-1:] if len(sets) % 2 else []
        sets = [*map(union, sets[0::2], sets[1::2]), *odd]
    return sets[0] if sets else {}


def intersection(one: Fields, other: Fields) -> Fields:
    """The fields that are in both sets."""

    def common(left: Fields, right: Fields) -> Fields | None:
        return node(is_member(left) and is_member(right), intersection(left, right))

    return _of_both(one, other, common)


def _of_both(one: Fields, other: Fields, make: Callable[[Fields, Fields], Fields | None]) -> Fields:
    made: Fields = {}
    for step, left in one.items():
        right = other.get(step) if step != SELF else None
        if right is not None and (found := make(left, right)) is not None:
            made[step] = found
    return made


def difference(one: Fields, other: Fields) -> Fields:
    """The fields of a set that are not in the other; those below the latter stay."""

    def rest(left: Fields, right: Fields) -> Fields | None:
        return node(is_member(left) and not is_member(right), difference(left, right))

    return _without(one, other, rest)


def recursive_difference(one: Fields, other: Fields) -> Fields:
    """The fields of a set that neither are in the other nor below any of it."""

    def rest(left: Fields, right: Fields) -> Fields | None:
        if is_member(right):
            return None
        return node(is_member(left), recursive_difference(left, right))

    return _without(one, other, rest)


def _without(one: Fields, other: Fields, rest: Callable[[Fields, Fields], Fields | None]) -> Fields:
    if not other:
        return below(one)
    made: Fields = {}
    for step, left in one.items():
        if step == SELF:
            continue
        right = other.get(step)
        kept = left if right is None else rest(left, right)
        if kept is not None:
            made[step] = kept
    return made


def below(one: Fields) -> Fields:
    """The fields below a node, without itself."""
    if SELF not in one:
        return one
    return {step: inner for step, inner in one.items() if step != SELF}


def has(fields: Fields, steps: Steps) -> bool:
    """Whether a field is in a set; the object as a whole never is."""
    for step in steps:
        found = fields.get(step)
        if found is None:
            return False
        fields = found
    return bool(steps) and is_member(fields)


def of(*paths: Steps) -> Fields:
    """The set of some fields."""
    made: list[Fields] = []
    for steps in paths:
        single: Fields = MEMBER
        for step in reversed(steps):
            single = {step: single}
        made.append(single)
    return union_of(made)


def paths(fields: Fields) -> Iterator[Steps]:
    """The fields of a set: those at one level in their order, then those below each."""
    steps = sorted((step for step in fields if step != SELF), key=order)
    for step in steps:
        if is_member(fields[step]):
            yield (step,)
    for step in steps:
        for rest in paths(fields[step]):
            yield (step, *rest)


def spelled_path(steps: Steps) -> str:
    """A path as messages have it: ``.spec.containers[name="main"].image``."""
    return "".join(map(spelled, steps))
