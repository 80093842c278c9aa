"""The rules of a type that msgspec cannot check while decoding, as one generated function.

It visits just the fields that have such rules, or lead to objects that do, and raises `Refused` at
the first that is broken: the plain engine then names them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from kconv._compile.fields import Refused, Remembered, is_compiled, needs_check
from kconv._compile.known_values import known_values
from kconv._compile.names import NATIVE, types_in
from kconv._compile.source import Source, identifier
from kconv._compile.struct import Form
from kconv._errors import KconvError
from kconv._paths import Finding
from kconv._schema import (
    Rule,
    Type,
    fields_only,
    function_failed,
    inherited,
    union_of,
)
from kconv.fields import spec_of
from kconv.fields._base import check_field, has_own_check, innermost
from kconv.fields._multiples import is_said
from kconv.fields._spec import AnyField

Check = Callable[[Any], None]


def checker(
    schema: type[Type], *, added: bool, nullable: bool = False, form: Form = NATIVE
) -> tuple[Check | None, str]:
    """The function that raises `Refused` for a completed struct that breaks a rule, and its source.

    A ``nullable`` struct may hold nulls, which break no rule. ``added`` says whether that includes
    the rules that groups add (`validates`). Rules of single fields that msgspec has checked while
    decoding are not checked again. None (and no source) when there are no other rules in the type
    or below it. ``form`` is what the struct looks like.
    """
    check, text = _checker(schema, _all_rules if added else _no_rules, nullable, form)
    with_rules = _needing(schema, lambda each: any(_on_dicts(each))) if added else []
    if check is None or schema not in with_rules:
        return check, text
    fields, _ = _checker(schema, _unions, nullable, form)
    judge, rules_text = _judge(schema, with_rules)
    return _sharing(fields, judge, check), f"{text}\n\n{rules_text}"


def _sharing(fields: Check | None, judge: Check, isolated: Check) -> Check:
    """A check whose rules share one dict of the object, which is made once.

    Should a rule have changed it, that counts for nothing, and each is asked again with a dict of
    its own.
    """

    def check(o: Any) -> None:
        if fields is not None:
            fields(o)
        value = msgspec.to_builtins(o)
        try:
            judge(value)
        except Exception as error:
            # Rules are code of users; what fails is asked by itself.
            if isinstance(error, Refused | KconvError) and _is_same(value, o):
                raise
            isolated(o)
            return
        if not _is_same(value, o):
            isolated(o)

    return check


def _is_same(value: Any, o: Any) -> bool:
    """Whether a dict still says what the struct does that it was made of, types included."""
    try:
        return _encode(value) == _encode(o)
    except (TypeError, ValueError, RecursionError):
        # A rule has put something into it that is no JSON.
        return False


_encode = msgspec.json.Encoder().encode


def _judge(schema: type[Type], visited: list[type[Type]]) -> tuple[Check, str]:
    """The function that raises `Refused` for a dict that breaks a rule that groups add."""
    source = Source()
    source.names.update(Refused=Refused)
    names = {each: name.replace("check", "judge", 1) for each, name in _names(visited).items()}
    for each in visited:
        source.add(f"def {names[each]}(d):")
        source.depth += 1
        known = known_values(each)
        if known is not None:
            known_here = source.define("known", known)
            source.add(f"text = {known_here}.look(d)")
            source.add("if text is None: return None")
        for rule in _on_dicts(each):
            source.add(f"for _ in {source.define(rule.__name__, rule)}(d): raise Refused")
        for name, field in each.instance().wire_fields().items():
            inner = _inner_type(field)
            if inner is not None and inner in names and is_compiled(field):
                _visit_lines(source, field, f"d.get({name!r})", names[inner], absent="None")
        if known is not None:
            source.add(f"{known_here}.keep(text, d)")
        source.add("return None")
        source.depth -= 1
        source.add("")
    function: Check = source.compile(names[schema], f"judge {schema.__qualname__}")
    return function, source.text()


def _judging(rule: Rule, schema: type[Type]) -> Callable[[Any], list[Finding]]:
    """A rule that a group adds, on a dict."""

    def judging(value: Any) -> list[Finding]:
        try:
            return list(rule(value))
        except Exception as error:
            raise function_failed(rule, schema, error) from error

    return judging


def _checker(
    schema: type[Type], rules: Rules, nullable: bool, form: Form
) -> tuple[Check | None, str]:
    visited = _needing(schema, lambda each: _needs_check(each, rules))
    if schema not in visited:
        return None, ""
    source = Source()
    source.names.update(UNSET=form.absent, Refused=Refused)
    names = _names(visited)
    writer = _Writer(source, names, _visited_once(schema, visited), rules, nullable, form)
    for each in visited:
        if each in writer.inline:
            continue
        source.add(f"def {names[each]}(o):")
        source.depth += 1
        writer.check(each, "o")
        source.add("return None")
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


def _needing(schema: type[Type], needs: Callable[[type[Type]], bool]) -> list[type[Type]]:
    """The types at or below ``schema`` that need a visit, or lead to one that does."""
    below: dict[type[Type], list[type[Type]]] = {}
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        if each not in below:
            below[each] = list(types_in(each))
            waiting.extend(below[each])
    found = {each for each in below if needs(each)}
    grown = True
    while grown:
        more = {each for each, inner in below.items() if each not in found and found & {*inner}}
        found |= more
        grown = bool(more)
    return [each for each in below if each in found]


def _visited_once(schema: type[Type], visited: list[type[Type]]) -> set[type[Type]]:
    """The types below ``schema`` that one field alone holds, which is an object itself."""
    within = [types_in(each) for each in visited]
    held = Counter(inner for types in within for inner in types)
    fields = (field for each in visited for field in each.instance().wire_fields().values())
    objects = {spec_of(field).object_type for field in fields if is_compiled(field)}
    return {each for each in visited if held[each] == 1 and each in objects and each is not schema}


def _inner_type(field: AnyField) -> type[Type] | None:
    return spec_of(innermost(field)).object_type


def _visit_lines(
    source: Source,
    field: AnyField,
    place: str,
    call: str,
    absent: str = "UNSET",
    nullable: bool = False,
) -> None:
    source.add(f"v = {place}")
    source.add(f"if {_there('v', nullable).replace('UNSET', absent)}:")
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


def _there(place: str, nullable: bool) -> str:
    return f"{place} is not UNSET{f' and {place} is not None' if nullable else ''}"


Rules = Callable[[type[Type]], Iterator[Rule]]
"""Gives those rules of a type, besides the ones of its fields, that are looked at."""


def _all_rules(schema: type[Type]) -> Iterator[Rule]:
    return inherited(schema, "rules")


def _unions(schema: type[Type]) -> Iterator[Rule]:
    return (rule for rule in _all_rules(schema) if union_of(rule))


def _on_dicts(schema: type[Type]) -> Iterator[Rule]:
    return (rule for rule in _all_rules(schema) if not union_of(rule))


def _no_rules(schema: type[Type]) -> Iterator[Rule]:
    return iter(())


def _needs_check(schema: type[Type], rules: Rules) -> bool:
    if any(rules(schema)):
        return True
    return any(map(_unchecked, schema.instance().wire_fields().values()))


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


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the checks of types."""

    source: Source
    names: Mapping[type[Type], str]
    """The functions that check the types that need it."""
    inline: Collection[type[Type]]
    """The types that are checked where they are, which takes less time than a call."""
    rules: Rules
    nullable: bool
    form: Form

    def check(self, schema: type[Type], of: str) -> None:
        """Check the value ``of`` of a type."""
        source, attributes = self.source, self.form.names(schema)
        for name, field in schema.instance().wire_fields().items():
            place, inner = f"{of}.{attributes[name]}", _inner_type(field)
            if _unchecked(field):
                self.field(name, field, place)
            if inner is None or inner not in self.names or not is_compiled(field):
                continue
            if inner not in self.inline:
                _visit_lines(source, field, place, self.names[inner], nullable=self.nullable)
                continue
            each = f"{of}{source.depth}"
            source.add(f"{each} = {place}")
            source.add(f"if {_there(each, self.nullable)}:")
            source.depth += 1
            self.check(inner, each)
            source.depth -= 1
        for rule in self.rules(schema):
            union = union_of(rule)
            if union is not None:
                there = [f"({_there(f'{of}.{attributes[n]}', self.nullable)})" for n in union]
                source.add(f"if {' + '.join(there)} != 1: raise Refused")
                continue
            call = source.define(rule.__name__, _finding(rule, schema))
            source.add(f"if {call}({of}): raise Refused")

    def field(self, name: str, field: AnyField, place: str) -> None:
        """Check a field by itself."""
        remembered = Remembered() if _is_said(field) else None
        call = self.source.define(f"check_{name}", _refuse(field, remembered))
        self.source.add(f"v = {place}")
        condition = _there("v", self.nullable)
        if remembered is not None:
            condition += f" and v not in {self.source.define(f'fine_{name}', remembered)}"
        self.source.add(f"if {condition}: {call}(v)")


def _finding(rule: Rule, schema: type[Type]) -> Callable[[Any], list[Finding]]:
    """A rule that a group adds, on a struct: it gets a dict of its own."""
    judging = _judging(rule, schema)
    return lambda value: judging(msgspec.to_builtins(value))


def _is_said(field: AnyField) -> bool:
    """Whether a text breaks a rule of its field, or none, each time."""
    if spec_of(field).native is not str or not is_compiled(field):
        return False
    return all(map(is_said, field.validators)) and not has_own_check(field)


def _refuse(field: AnyField, remembered: Remembered | None = None) -> Callable[[Any], None]:
    holds_objects = spec_of(innermost(field)).structure == "object"

    def refuse(value: Any) -> None:
        if holds_objects:
            value = msgspec.to_builtins(value)
        with fields_only():
            for _ in check_field(field, value, ()):
                raise Refused
        if remembered is not None:
            remembered.keep(value)

    return refuse
