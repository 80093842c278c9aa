"""Structs without the zeros that equal absence, by one generated function a type.

It looks at just the fields that leave out their zero, and into those that lead to some.
`kconv._schema.without_zeros` says what is right, and does it for dicts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from operator import is_not
from typing import Any

from msgspec import UNSET

from kconv._compile.names import attribute_names
from kconv._compile.source import Source, identifier
from kconv._compile.types import types_below
from kconv._schema import Type, has_zeros, omitted_fields, without_zeros
from kconv.fields import Spec, spec_of
from kconv.fields._base import innermost
from kconv.fields._spec import AnyField

Canonical = Callable[[Any], Any]


def canonical_struct(schema: type[Type], native: Any) -> Any:
    """A native value of a type without zeros that equal absence.

    It is the value itself where it has none; otherwise a copy that shares what did not change.
    """
    if isinstance(native, dict):
        return without_zeros(schema, native)
    return _compiled(schema)[0](native)


def canonical_source(schema: type[Type]) -> str:
    """The Python that does it for the structs of a type; empty where there is nothing to do."""
    return _compiled(schema)[1]


def _itself(value: Any) -> Any:
    return value


@cache
def _compiled(schema: type[Type]) -> tuple[Canonical, str]:
    if not has_zeros(schema):
        return _itself, ""
    source = Source()
    source.names.update(UNSET=UNSET, each_of_list=_each_of_list, each_of_map=_each_of_map)
    visited = [each for each in types_below(schema) if has_zeros(each)]
    names = {
        each: f"canonical_{number}_{identifier(each.__qualname__)}"
        for number, each in enumerate(visited)
    }
    for each in visited:
        _write(source, each, names)
    function: Canonical = source.compile(names[schema], f"canonical {schema.__qualname__}")
    return function, source.text()


def _write(source: Source, schema: type[Type], names: dict[type[Type], str]) -> None:
    attributes, omitted = attribute_names(schema), omitted_fields(schema)
    dicts = source.define(f"{names[schema]}_of_dict", partial(without_zeros, schema))
    source.add(f"def {names[schema]}(o):")
    source.add(f"    if type(o) is dict: return {dicts}(o)")
    source.add("    m = o")
    for name, field in schema.instance().wire_fields().items():
        attribute = attributes[name]
        call = _inside(field, names)
        if name not in omitted and call is None:
            continue
        # Most fields are absent, so that is asked first.
        source.add(f"    v = o.{attribute}")
        source.add("    if v is not UNSET:")
        if name in omitted:
            source.add("        if not v:")
            source.add("            if m is o: m = o.__copy__()")
            source.add(f"            m.{attribute} = UNSET")
        if call is not None:
            # What is empty has nothing in it, and null is no object.
            is_object = spec_of(field).structure == "object"
            there = "v is not None" if is_object else "v"
            source.add(f"        {'elif' if name in omitted else 'if'} {there}:")
            source.add(f"            w = {call.format('v')}")
            source.add("            if w is not v:")
            source.add("                if m is o: m = o.__copy__()")
            source.add(f"                m.{attribute} = w")
    source.add("    return m")
    source.add("")


def _inside(field: AnyField, names: dict[type[Type], str]) -> str | None:
    """The expression that gives what a field holds without zeros; None where it has none."""
    of = spec_of(innermost(field)).object_type
    return _each(spec_of(field), names[of]) if of in names else None


def _each(spec: Spec, function: str) -> str:
    if spec.element is None:
        return f"{function}({{}})"
    inner = _each(spec_of(spec.element), function)
    kind = "map" if spec.structure == "map" else "list"
    if inner == f"{function}({{}})":
        return f"each_of_{kind}({{}}, {function})"
    return f"each_of_{kind}({{}}, lambda x: {inner.format('x')})"


def _each_of_list(items: Any, canonical: Canonical) -> Any:
    if not isinstance(items, list):
        return items
    made = [item if item is None else canonical(item) for item in items]
    return made if any(map(is_not, made, items)) else items


def _each_of_map(items: Any, canonical: Canonical) -> Any:
    if not isinstance(items, dict):
        return items
    made = items
    for key, item in items.items():
        found = item if item is None else canonical(item)
        if found is not item:
            made = dict(items) if made is items else made
            made[key] = found
    return made
