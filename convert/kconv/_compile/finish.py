"""What is left to do once msgspec has decoded an object: canonical spelling, computed defaults.

For each type that needs any of it one function is generated, which msgspec calls for every
object of the type, inner ones first. Where a value is not as it should be the function raises
`Slow`: the plain path then says what is wrong, so that every error comes from one place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from kconv._compile.fields import (
    Slow,
    canonical,
    decode_plain,
    is_compiled,
    refuses_zero,
    spellings,
)
from kconv._compile.names import attribute_names
from kconv._compile.source import Source
from kconv._schema import Defaulter, Derived, Type, inherited
from kconv.fields import Spec, spec_of
from kconv.fields._base import innermost
from kconv.fields._spec import AnyField

Finish = Callable[[Any], None]


def finisher(schema: type[Type], *, rules: bool) -> tuple[Finish | None, str]:
    """The function that completes a decoded struct of a type in place, and its source.

    It sees to the type's own fields, not to those of objects within; with ``rules`` it also
    refuses duplicates in sets and maps. None (and no source) when there is nothing to do.
    """
    source = Source()
    source.names["UNSET"] = UNSET
    source.add("def finish(o):")
    source.depth += 1
    names = attribute_names(schema)
    for name, field in schema.instance().wire_fields().items():
        _field_lines(source, name, field, f"o.{names[name]}")
    for name, default in schema.zero_is_absent.items():
        if default and not refuses_zero(schema.instance().wire_fields()[name]):
            source.names["Slow"] = Slow
            source.add(f"if not o.{names[name]}: raise Slow")
    for fill_in in inherited(schema, "defaulters"):
        _default_line(source, schema, fill_in)
    if rules:
        for name, field in schema.instance().wire_fields().items():
            spec = spec_of(field)
            if spec.unique and is_compiled(field):
                source.add(f"v = o.{names[name]}")
                refuse = source.define(f"refuse_duplicate_{name}", _refuse_duplicates(spec))
                source.add(f"if v is not UNSET and len(v) > 1: {refuse}(v)")
    if len(source.lines) == 1:
        return None, ""
    function: Finish = source.compile("finish", f"finish {schema.__qualname__}")
    return function, source.text()


def _default_line(source: Source, schema: type[Type], fill_in: Defaulter | Derived) -> None:
    names = attribute_names(schema)
    call = source.define(getattr(fill_in.function, "__name__", "default"), fill_in.function)
    if isinstance(fill_in, Derived):
        values = (f"o.{names[name]}" for name in fill_in.of)
        given = ", ".join(f"None if {value} is UNSET else {value}" for value in values)
        field = schema.instance().wire_fields()[fill_in.field]
        place = f"o.{names[fill_in.field]}"
        holds_objects = spec_of(innermost(field)).structure == "object"
        to = f"o[{fill_in.field!r}]" if holds_objects else place
        source.add(f"if not {place}: {to} = {call}({given})")
        return
    conditions = [
        [f"o.{names[name]} is not UNSET" for name in fill_in.when],
        _lacking(source, schema, fill_in),
        [" and ".join(f"o.{names[name]} is UNSET" for name in fill_in.unless)],
    ]
    some = [" or ".join(each) for each in conditions if any(each)]
    condition = some[0] if len(some) == 1 else " and ".join(f"({each})" for each in some)
    source.add(f"if {condition}: {call}(o)" if condition else f"{call}(o)")


def _lacking(source: Source, schema: type[Type], fill_in: Defaulter) -> list[str]:
    """The expressions of which one holds where something is lacking."""
    found: dict[str, None] = {}
    for path in fill_in.lacking:
        place, of = "o", schema
        for number, name in enumerate(path, 1):
            field = of.instance().wire_fields().get(name)
            below = None if field is None else spec_of(field).object_type
            within = number < len(path)
            if field is None or (within and (below is None or not is_compiled(field))):
                # A dict, as the plain path has it, or an object that another type took the place of
                return [f"{source.define('lacks_any', fill_in.lacks_any)}(o)"]
            place += f".{attribute_names(of)[name]}"
            found[f"{place} is UNSET"] = None
            of = below or of
    return list(found)


def _field_lines(source: Source, name: str, field: AnyField, place: str) -> None:
    if is_compiled(field):
        inner = innermost(field)
        function = canonical(inner)
        if function is None:
            return
        call, unless = source.define(f"canonical_{name}", function), ""
        known = spellings(inner)
        if known is not None:
            call = source.define(f"canonical_{spec_of(inner).type_name}", known)
            spelled = source.define(f"{call}_spelled", known.canonical)
            if field is inner:
                source.add(f"if {place} not in {spelled}: {place} = {call}[{place}]")
                return
            spec = spec_of(field)
            if spec.structure == "map" and spec.element is inner:
                unless = f" and not {spelled}.issuperset(v.values())"
        completed = _rebuilt(
            spec_of(field), f"{call}({{}})" if known is None else f"{call}[{{}}]", "v", 0
        )
    else:
        completed = f"{source.define(f'decode_{name}', decode_plain(field))}(v)"
        unless = ""
    source.add(f"v = {place}")
    source.add(f"if v is not UNSET{unless}: {place} = {completed}")


def _rebuilt(spec: Spec, call: str, value: str, depth: int) -> str:
    if spec.element is None:
        return call.format(value)
    each = f"x{depth}"
    inner = _rebuilt(spec_of(spec.element), call, each, depth + 1)
    if spec.structure == "map":
        return f"{{k{depth}: {inner} for k{depth}, {each} in {value}.items()}}"
    return f"[{inner} for {each} in {value}]"


def _refuse_duplicates(spec: Spec) -> Callable[[Any], None]:
    keys, identity = spec.map_keys, spec.identity
    assert identity is not None

    def refuse(value: Any) -> None:
        if spec.list_type == "map":
            found = {tuple(element.get(key) for key in keys) for element in value}
        else:
            found = {identity(element) for element in value}
        if len(found) != len(value):
            raise Slow

    return refuse
