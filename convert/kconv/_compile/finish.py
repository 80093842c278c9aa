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
    AnyField,
    Slow,
    canonical,
    decode_plain,
    innermost,
    is_compiled,
    quantities,
)
from kconv._compile.names import attribute_names
from kconv._compile.source import Source
from kconv._schema import Defaulter, Derived, Type, inherited
from kconv.fields import Integer, List, Map, Object, Quantity, String

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
        # Of texts and numbers msgspec refuses zero by itself.
        field = schema.instance().wire_fields()[name]
        if default and not isinstance(field, String | Integer | Object):
            source.names["Slow"] = Slow
            source.add(f"if not o.{names[name]}: raise Slow")
    for fill_in in inherited(schema, "defaulters"):
        _default_line(source, schema, fill_in)
    if rules:
        for name, field in schema.instance().wire_fields().items():
            if isinstance(field, List) and field.unique and is_compiled(field):
                source.add(f"v = o.{names[name]}")
                refuse = source.define(f"refuse_duplicate_{name}", _refuse_duplicates(field))
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
        to = f"o[{fill_in.field!r}]" if isinstance(innermost(field), Object) else place
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
            within = number < len(path)
            if field is None or (within and not (isinstance(field, Object) and is_compiled(field))):
                # A dict, as the plain path has it, or an object that another type took the place of
                return [f"{source.define('lacks_any', fill_in.lacks_any)}(o)"]
            place += f".{attribute_names(of)[name]}"
            found[f"{place} is UNSET"] = None
            if isinstance(field, Object):
                of = field.type
    return list(found)


def _field_lines(source: Source, name: str, field: AnyField, place: str) -> None:
    if is_compiled(field):
        inner = innermost(field)
        function = canonical(inner)
        if function is None:
            return
        call, unless = source.define(f"canonical_{name}", function), ""
        if isinstance(inner, Quantity):
            known = quantities(inner)
            call = source.define("canonical_milli" if inner.milli else "canonical", known)
            spelled = source.define(f"{call}_spelled", known.canonical)
            if field is inner:
                source.add(f"if {place} not in {spelled}: {place} = {call}[{place}]")
                return
            if isinstance(field, Map) and field.inner is inner:
                unless = f" and not {spelled}.issuperset(v.values())"
        completed = _rebuilt(field, call, "v", 0)
    else:
        completed = f"{source.define(f'decode_{name}', decode_plain(field))}(v)"
        unless = ""
    source.add(f"v = {place}")
    source.add(f"if v is not UNSET{unless}: {place} = {completed}")


def _rebuilt(field: AnyField, call: str, value: str, depth: int) -> str:
    if isinstance(field, List):
        return f"[{_rebuilt(field.inner, call, f'x{depth}', depth + 1)} for x{depth} in {value}]"
    if isinstance(field, Map):
        inner = _rebuilt(field.inner, call, f"x{depth}", depth + 1)
        return f"{{k{depth}: {inner} for k{depth}, x{depth} in {value}.items()}}"
    return f"{call}[{value}]" if isinstance(field, Quantity) else f"{call}({value})"


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
