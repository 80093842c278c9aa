"""Nulls in fields that a CRD calls nullable: conversion takes them for absent, clients do not.

The API server takes a null out of every other field before it asks a webhook, and fills in the
default of the target version where one has become an absent field. So a null goes where its field
goes: to the field of the same name, or to its new name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from kconv._schema import Type
from kconv._scheme import Spoke
from kconv.edges import Rename, Rule
from kconv.edges._plan import field_at
from kconv.edges._steps import EACH, Steps
from kconv.fields import spec_of
from kconv.fields._spec import AnyField

NULL = b"null"

_Keys = tuple[str | int, ...]
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def with_nulls(source: Spoke, target: Spoke, before: msgspec.Raw, made: bytes) -> bytes:
    """What a conversion has made, and the nulls that its source had in spec, status and others."""
    parts: dict[str, msgspec.Raw] | None = None
    opened: dict[str, Any] = {}
    for steps, keys in _nulls(source.schema, _decode(before)):
        there = _moved(source, target, steps)
        if there is None or len(there) < 2 or field_at(target.schema, there) is None:
            continue
        parts = _parts(made) if parts is None else parts
        first = there[0]
        if first not in parts:
            continue
        if first not in opened:
            opened[first] = _decode(parts[first])
        _put(
            opened[first],
            there[1:],
            [each for step, each in zip(steps, keys, strict=True) if step == EACH],
        )
    if parts is None:
        return made
    changed = {name: msgspec.Raw(_encode(each)) for name, each in opened.items()}
    return _encode(parts | changed)


def _nulls(schema: type[Type], value: Any) -> Iterator[tuple[Steps, _Keys]]:
    """Where nulls are, below the first fields of an object: as a path of rules, and as it is."""
    for name, field in schema.instance().wire_fields().items():
        if name != "metadata" and value.get(name) is not None:
            yield from _below(field, value[name], (name,), (name,))


def _below(field: AnyField, value: Any, steps: Steps, keys: _Keys) -> Iterator[tuple[Steps, _Keys]]:
    spec = spec_of(field)
    if spec.element is not None:
        items: Iterable[tuple[str | int, Any]] = ()
        if isinstance(value, list):
            items = enumerate(value)
        elif isinstance(value, Mapping):
            items = value.items()
        for key, each in items:
            yield from _below(spec.element, each, (*steps, EACH), (*keys, key))
    elif spec.object_type is not None and isinstance(value, Mapping):
        for name, inner in spec.object_type.instance().wire_fields().items():
            if name not in value:
                continue
            if value[name] is None:
                yield (*steps, name), (*keys, name)
            else:
                yield from _below(inner, value[name], (*steps, name), (*keys, name))


def _moved(source: Spoke, target: Spoke, steps: Steps) -> Steps | None:
    """Where a field of a version is in another one; None where a rule makes something of it."""
    found: Steps | None = steps
    for spoke in source.steps:
        found = None if found is None else _through(spoke.rules, found, to_hub=True)
    for spoke in reversed(target.steps):
        found = None if found is None else _through(spoke.rules, found, to_hub=False)
    return found


def _through(rules: Iterable[Rule], steps: Steps, *, to_hub: bool) -> Steps | None:
    for rule in rules:
        ours, theirs = (rule.spoke, rule.hub) if to_hub else (rule.hub, rule.spoke)
        for path in ours:
            if steps[: len(path)] == path:
                if isinstance(rule, Rename):
                    return theirs[0] + steps[len(path) :]
                return None
    return steps


def _put(value: Any, steps: Steps, keys: list[str | int]) -> None:
    """Set a null where there is room for it: its parent is there, and nothing else is."""
    left = iter(keys)
    for step in steps[:-1]:
        key = next(left) if step == EACH else step
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(value, dict):
        value.setdefault(steps[-1], None)
