"""The rules of a type that msgspec cannot check while decoding, as one generated function.

It visits just the fields that have such rules, or lead to objects that do, and raises `Refused` at
the first that is broken: the plain engine then names them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from kconv._compile.fields import Refused, is_compiled, needs_check
from kconv._compile.names import attribute_names, types_in
from kconv._compile.source import Source, identifier
from kconv._paths import Finding
from kconv._schema import Rule, Type, fields_only, findings_by, inherited
from kconv.fields import spec_of
from kconv.fields._base import check_field, innermost
from kconv.fields._spec import AnyField

Check = Callable[[Any], None]


def checker(schema: type[Type], *, added: bool) -> tuple[Check | None, str]:
    """The function that raises `Refused` for a completed struct that breaks a rule, and its source.

    ``added`` says whether that includes the rules that groups add (`validates`). Rules of single
    fields that msgspec has checked while decoding are not checked again. None
    (and no source) when there are no other rules in the type or below it.
    """
    visited = _needing(schema, added)
    if schema not in visited:
        return None, ""
    source = Source()
    source.names.update(UNSET=UNSET, Refused=Refused)
    names = _names(visited)
    for each in visited:
        source.add(f"def {names[each]}(o):")
        source.depth += 1
        _check_lines(source, each, names, added)
        source.depth -= 1
        source.add("")
    function: Check = source.compile(names[schema], f"check {schema.__qualname__}")
    return function, source.text()


def _names(types: Iterable[type[Type]]) -> dict[type[Type], str]:
    """The names of the functions that visit types, of which two may be called the same."""
    found: dict[type[Type], str] = {}
    for each in types:
        name = base = f"check_{identifier(each.__qualname__)}_{identifier(each.__module__)}"
        number = 1
        while name in found.values():
            number += 1
            name = f"{base}_{number}"
        found[each] = name
    return found


def _needing(schema: type[Type], added: bool) -> list[type[Type]]:
    """The types at or below ``schema`` that need a visit, or lead to one that does."""
    below: dict[type[Type], list[type[Type]]] = {}
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        if each not in below:
            below[each] = list(types_in(each))
            waiting.extend(below[each])
    found = {each for each in below if _needs_check(each, added)}
    grown = True
    while grown:
        more = {each for each, inner in below.items() if each not in found and found & {*inner}}
        found |= more
        grown = bool(more)
    return [each for each in below if each in found]


def _fields(schema: type[Type]) -> Iterator[tuple[str, AnyField, str]]:
    """Name, field and the expression that reads it, of every field of a type."""
    names = attribute_names(schema)
    for name, field in schema.instance().wire_fields().items():
        yield name, field, f"o.{names[name]}"


def _inner_type(field: AnyField) -> type[Type] | None:
    return spec_of(innermost(field)).object_type


def _visit_lines(source: Source, field: AnyField, place: str, call: str) -> None:
    source.add(f"v = {place}")
    source.add("if v is not UNSET:")
    source.depth += 1
    value, before = "v", source.depth
    spec = spec_of(field)
    while spec.element is not None:
        each = f"x{source.depth}"
        source.add(f"for {each} in {value}{'.values()' if spec.structure == 'map' else ''}:")
        source.depth += 1
        value, spec = each, spec_of(spec.element)
    source.add(f"{call}({value})")
    source.depth = before - 1


def _needs_check(schema: type[Type], added: bool) -> bool:
    if added and any(inherited(schema, "rules")):
        return True
    return any(_unchecked(field) for _, field, _ in _fields(schema))


def _unchecked(field: AnyField) -> bool:
    """Whether a field has rules that the compiled type does not hold."""
    if needs_check(field):
        return True
    element = spec_of(field).element
    while element is not None:
        spec = spec_of(element)
        # Of a field of its own `finisher` refuses duplicates.
        if needs_check(element) or spec.unique:
            return True
        element = spec.element
    return False


def _check_lines(
    source: Source, schema: type[Type], names: Mapping[type[Type], str], added: bool
) -> None:
    for name, field, place in _fields(schema):
        inner = _inner_type(field)
        if _unchecked(field):
            call = source.define(f"check_{name}", _refuse(field))
            source.add(f"v = {place}")
            source.add(f"if v is not UNSET: {call}(v)")
        if inner is not None and inner in names and is_compiled(field):
            _visit_lines(source, field, place, names[inner])
    for rule in inherited(schema, "rules") if added else ():
        source.add(f"if {source.define(rule.__name__, _finding(rule, schema))}(o): raise Refused")
    source.add("return None")


def _finding(rule: Rule, schema: type[Type]) -> Callable[[Any], list[Finding]]:
    """A rule that a group adds, on a struct: it gets a dict of its own."""

    def find(value: Any) -> list[Finding]:
        return findings_by(rule, schema, msgspec.to_builtins(value))

    return find


def _refuse(field: AnyField) -> Callable[[Any], None]:
    holds_objects = spec_of(innermost(field)).structure == "object"

    def refuse(value: Any) -> None:
        if holds_objects:
            value = msgspec.to_builtins(value)
        with fields_only():
            for _ in check_field(field, value, ()):
                raise Refused

    return refuse
