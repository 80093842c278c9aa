"""What is wrong with the types that kinds are made of, wherever in them it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import marshmallow
from marshmallow import missing

from kconv.edges.steps import EACH, Steps, format_steps
from kconv.fields import Integer, List, Map, Object, String
from kconv.paths import INVALID, Finding
from kconv.schema import Type
from kconv.scheme.spoke import HubKind


def type_problems(kinds: Sequence[HubKind]) -> Iterator[Finding]:
    """Findings about fields that could not be decoded or compiled, each type looked at once."""
    seen: set[type[Type]] = set()
    for kind in kinds:
        for spoke in kind.spokes:
            yield from _problems(spoke.schema, (), str(spoke.gvk), seen)
        yield from _problems(kind.hub, (), f"hub {kind.group_kind}", seen)


def _problems(
    schema: type[Type], at: Steps, owner: str, seen: set[type[Type]]
) -> Iterator[Finding]:
    if schema in seen:
        return
    seen.add(schema)
    for name, field in schema.instance().wire_fields().items():
        path = (*at, name)
        for problem in _field_problems(field):
            yield Finding(path, INVALID, f"{owner}: {format_steps(path)}: {problem}")
        inner = field
        while isinstance(inner, List | Map):
            inner, path = inner.inner, (*path, EACH)
        if isinstance(inner, Object):
            try:
                below = inner.type
            except (TypeError, NameError, AttributeError) as error:
                yield Finding(path, INVALID, f"{owner}: {format_steps(path)}: {error}")
            else:
                yield from _problems(below, path, owner, seen)


def _field_problems(field: marshmallow.fields.Field[Any]) -> Iterator[str]:
    default = field.load_default
    if default is missing or callable(default):
        return
    if isinstance(field, String) and field.enum and default not in field.enum:
        yield f'its default "{default}" is none of {", ".join(field.enum)}'
    if isinstance(field, Integer) and not field.range[0] <= default <= field.range[1]:
        yield f"its default {default} is not within {field.format}"
