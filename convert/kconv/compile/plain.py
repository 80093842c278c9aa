"""`plain_fields`: the fields of a version that msgspec does not decode."""

from __future__ import annotations

from collections.abc import Iterator

from kconv.compile.fields import AnyField, is_compiled
from kconv.edges.steps import EACH, Steps, format_steps
from kconv.fields import List, Map, Object
from kconv.schema import Type


def plain_fields(schema: type[Type]) -> list[str]:
    """The paths of the fields that take the plain path, ``spec.rules[*].host``, sorted.

    Those are fields of other libraries, of subclasses of kconv's own, and with processing of
    their own (marshmallow's ``pre_load`` and ``post_load``). A type that holds itself is looked
    into once.
    """
    return sorted(map(format_steps, _below(schema, (), frozenset())))


def _below(schema: type[Type], at: Steps, above: frozenset[type[Type]]) -> Iterator[Steps]:
    for name, field in schema.instance().wire_fields().items():
        yield from _field(field, (*at, name), above | {schema})


def _field(field: AnyField, at: Steps, above: frozenset[type[Type]]) -> Iterator[Steps]:
    if not is_compiled(field):
        yield at
    elif isinstance(field, List | Map):
        yield from _field(field.inner, (*at, EACH), above)
    elif isinstance(field, Object) and field.type not in above:
        yield from _below(field.type, at, above)
