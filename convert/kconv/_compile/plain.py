"""Which fields of a version msgspec does not decode, and why."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from marshmallow import missing

from kconv._compile.fields import is_compiled
from kconv._compile.types import types_below
from kconv._schema import Type, inherited
from kconv.edges._steps import EACH, Steps, format_steps
from kconv.fields import spec_of
from kconv.fields._base import wire_name, writes_as_read
from kconv.fields._spec import AnyField


def plain_fields(schema: type[Type]) -> list[str]:
    """The paths of the fields that marshmallow decodes, ``spec.rules[*].host``, sorted.

    Those are fields whose class does not say what it is (fields of other libraries, subclasses of
    kconv's own), and with processing of their own (marshmallow's ``pre_load`` and ``post_load``),
    and objects whose types have hooks of marshmallow. A recursive type is looked into once.
    """
    return sorted(plain_reasons(schema))


def plain_reasons(schema: type[Type]) -> dict[str, str]:
    """Why each of the fields that `plain_fields` names is left to marshmallow, by its path."""
    return {format_steps(at): why for at, why in sorted(_below(schema, (), frozenset()))}


@cache
def is_wholly_plain(schema: type[Type]) -> bool:
    """Whether objects of a type are left to the plain engine, because of what marshmallow does.

    So they do where a type below has hooks of marshmallow (``pre_load``, ``validates``, ...), or
    a field that is written in another way than it was read: of a class that does not say what it
    is, or with a serialization of its own, ``attribute``, ``dump_only``, ``load_only`` or
    ``dump_default``.
    """
    return any(map(_is_itself_plain, types_below(schema)))


@cache
def may_hold_nulls(schema: type[Type]) -> bool:
    """Whether structs of a type can hold nulls: no function of the API is to see its values."""
    added = ("defaulters", "rules", "zero_is_absent")
    return not any(
        any(True for _ in inherited(each, what)) for each in types_below(schema) for what in added
    )


@cache
def _is_itself_plain(schema: type[Type]) -> bool:
    return _has_hooks(schema) or any(map(_is_foreign, _fields(schema)))


def _fields(schema: type[Type]) -> Iterator[AnyField]:
    for field in schema.instance().wire_fields().values():
        yield field
        yield from _elements(field)


def _has_hooks(schema: type[Type]) -> bool:
    # marshmallow has no public word for it.
    return any(schema._hooks.values())


def _is_foreign(field: AnyField) -> bool:
    if not writes_as_read(cast("Any", type(field))) or field.dump_only or field.load_only:
        return True
    named = field.name is not None and field.attribute not in (None, wire_name(field))
    return named or field.dump_default is not missing


Reasons = Iterator[tuple[Steps, str]]


def _below(schema: type[Type], at: Steps, above: frozenset[type[Type]]) -> Reasons:
    if _has_hooks(schema):
        hooks = sorted({name for names in schema._hooks.values() for name, *_ in names})
        yield at, f"{schema.__qualname__} has hooks of marshmallow: {', '.join(hooks)}"
    for name, field in schema.instance().wire_fields().items():
        yield from _field(field, (*at, name), above | {schema})


def _field(field: AnyField, at: Steps, above: frozenset[type[Type]]) -> Reasons:
    if _is_foreign(field):
        yield at, f"{type(field).__qualname__} writes other values than it reads"
        return
    if not is_compiled(field):
        yield at, _why_not_compiled(field)
        return
    spec = spec_of(field)
    if spec.element is not None:
        yield from _field(spec.element, (*at, EACH), above)
    elif spec.object_type is not None and spec.object_type not in above:
        yield from _below(spec.object_type, at, above)


def _why_not_compiled(field: AnyField) -> str:
    for each in (field, *_elements(field)):
        if getattr(each, "pre_load", None) or each.post_load:
            return f"{type(each).__qualname__} has pre_load or post_load"
        if "make_spec" not in vars(type(each)):
            return f"{type(each).__qualname__} has no make_spec of its own"
    return f"{type(field).__qualname__} decodes by code of its own"


def _elements(field: AnyField) -> Iterator[AnyField]:
    while (element := spec_of(field).element) is not None:
        field = element
        yield field
