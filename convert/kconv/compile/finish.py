"""What is left to do once msgspec has decoded: canonical spelling, computed defaults, rules.

For each type that needs any of it one function is generated, which visits just the fields that
do. Where a value is not as it should be the function raises `Slow`: the plain path then says
what is wrong, so that every error comes from one place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import marshmallow
from msgspec import UNSET

from kconv.compile.fields import AnyField, Slow, canonical, is_compiled
from kconv.compile.source import Source, identifier
from kconv.compile.types import attribute_names, types_in
from kconv.fields import Field, List, Map, Object
from kconv.fields.base import check_field
from kconv.schema import Type, inherited

Finish = Callable[[Any], None]


def finisher(schema: type[Type]) -> tuple[Finish | None, str]:
    """The function that completes a decoded struct of a type in place, and its source.

    None (and no source) when nothing in the type, or below it, needs completing.
    """
    return _generate(schema, "finish", _needs_finish, _finish_lines)


def checker(schema: type[Type]) -> tuple[Finish | None, str]:
    """The function that raises `Slow` for a completed struct that breaks a rule, and its source.

    Rules of single fields that msgspec has checked while decoding are not checked again.
    """
    return _generate(schema, "check", _needs_check, _check_lines)


def _generate(
    schema: type[Type],
    verb: str,
    needs: Callable[[type[Type]], bool],
    lines: Callable[[Source, type[Type], Collection[type[Type]]], None],
) -> tuple[Finish | None, str]:
    visited = _needing(schema, needs)
    if schema not in visited:
        return None, ""
    source = Source()
    source.names.update(UNSET=UNSET, Slow=Slow)
    for each in visited:
        source.add(f"def {verb}_{_label(each)}(o):")
        source.depth += 1
        lines(source, each, visited)
        source.depth -= 1
        source.add("")
    function: Finish = source.compile(f"{verb}_{_label(schema)}", f"{verb} {schema.__qualname__}")
    return function, source.text()


def _label(schema: type[Type]) -> str:
    return f"{schema.__qualname__}_{identifier(schema.__module__)}".replace(".", "_")


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


def _fields(schema: type[Type]) -> Iterator[tuple[str, AnyField, str]]:
    """Name, field and the expression that reads it, of every field of a type."""
    names = attribute_names(schema)
    for name, field in schema.instance().wire_fields().items():
        yield name, field, f"o.{names[name]}"


def _innermost(field: AnyField) -> AnyField:
    while isinstance(field, List | Map):
        field = field.inner
    return field


def _inner_type(field: AnyField) -> type[Type] | None:
    inner = _innermost(field)
    return inner.type if isinstance(inner, Object) else None


def _needs_finish(schema: type[Type]) -> bool:
    if schema.zero_is_absent or any(inherited(schema, "defaulters")):
        return True
    return any(
        not is_compiled(field) or canonical(_innermost(field)) is not None
        for _, field, _ in _fields(schema)
    )


def _finish_lines(source: Source, schema: type[Type], visited: Collection[type[Type]]) -> None:
    for name, field, place in _fields(schema):
        if not is_compiled(field):
            decode = source.define(f"decode_{name}", _decode_plain(field))
            source.add(f"v = {place}")
            source.add(f"if v is not UNSET: {place} = {decode}(v)")
            continue
        function = canonical(_innermost(field))
        inner = _inner_type(field)
        if function is not None:
            _canonical_lines(source, name, field, place, function)
        elif inner is not None and inner in visited:
            _visit_lines(source, field, place, f"finish_{_label(inner)}")
    names = attribute_names(schema)
    for name, default in schema.zero_is_absent.items():
        place = f"o.{names[name]}"
        source.add(f"if not {place}: {place} = {default!r}")
    for fill_in in inherited(schema, "defaulters"):
        source.add(f"{source.define(fill_in.__name__, fill_in)}(o)")
    source.add("return None")


def _decode_plain(field: AnyField) -> Callable[[Any], Any]:
    def decode(value: Any) -> Any:
        try:
            return field.deserialize(value)
        except marshmallow.ValidationError:
            raise Slow from None

    return decode


def _canonical_lines(
    source: Source, name: str, field: AnyField, place: str, function: Callable[[Any], Any]
) -> None:
    call = source.define(f"canonical_{name}", function)
    source.add(f"v = {place}")
    source.add(f"if v is not UNSET: {place} = {_rebuilt(field, call, 'v', 0)}")


def _rebuilt(field: AnyField, call: str, value: str, depth: int) -> str:
    if isinstance(field, List):
        return f"[{_rebuilt(field.inner, call, f'x{depth}', depth + 1)} for x{depth} in {value}]"
    if isinstance(field, Map):
        inner = _rebuilt(field.inner, call, f"x{depth}", depth + 1)
        return f"{{k{depth}: {inner} for k{depth}, x{depth} in {value}.items()}}"
    return f"{call}({value})"


def _visit_lines(source: Source, field: AnyField, place: str, call: str) -> None:
    source.add(f"v = {place}")
    source.add("if v is not UNSET:")
    source.depth += 1
    value, before = "v", source.depth
    while isinstance(field, List | Map):
        each = f"x{source.depth}"
        source.add(f"for {each} in {value}{'.values()' if isinstance(field, Map) else ''}:")
        source.depth += 1
        value, field = each, field.inner
    source.add(f"{call}({value})")
    source.depth = before - 1


def _needs_check(schema: type[Type]) -> bool:
    if any(inherited(schema, "rules")):
        return True
    return any(_unchecked(field) for _, field, _ in _fields(schema))


def _unchecked(field: AnyField) -> bool:
    """Whether a field has rules that the compiled type does not hold."""
    while isinstance(field, List | Map):
        if field.validators or (isinstance(field, List) and field.unique):
            return True
        field = field.inner
    return isinstance(field, Field) and bool(field.validators or not is_compiled(field))


def _check_lines(source: Source, schema: type[Type], visited: Collection[type[Type]]) -> None:
    for name, field, place in _fields(schema):
        inner = _inner_type(field)
        if _unchecked(field):
            call = source.define(f"check_{name}", _refuse(field))
            source.add(f"v = {place}")
            source.add(f"if v is not UNSET and {_worth_a_look(field)}: {call}(v)")
        if inner is not None and inner in visited and is_compiled(field):
            _visit_lines(source, field, place, f"check_{_label(inner)}")
    for rule in inherited(schema, "rules"):
        source.add(f"for _ in {source.define(rule.__name__, rule)}(o): raise Slow")
    source.add("return None")


def _worth_a_look(field: AnyField) -> str:
    only_unique = isinstance(field, List) and not field.validators and field.list_type == "map"
    return "len(v) > 1" if only_unique and not _unchecked(_innermost(field)) else "True"


def _refuse(field: AnyField) -> Callable[[Any], None]:
    if isinstance(field, List) and field.unique and not field.validators:
        return _refuse_duplicates(field)

    def refuse(value: Any) -> None:
        for _ in check_field(field, value, ()):
            raise Slow

    return refuse


def _refuse_duplicates(field: List) -> Callable[[Any], None]:
    keys = field.map_keys

    def refuse(value: Any) -> None:
        if field.list_type == "map":
            found = {tuple(element.get(key) for key in keys) for element in value}
        else:
            found = {field.identity(element) for element in value}
        if len(found) != len(value):
            raise Slow

    return refuse
