"""What is left to do once msgspec has decoded an object: canonical spelling, computed defaults.

For each type that needs any of it one function is generated, which msgspec calls for every
object of the type, inner ones first. Where a value is not as it should be the function raises
`Refused`: the plain engine then says what is wrong, so that every error comes from one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import marshmallow
from marshmallow import missing
from msgspec import to_builtins

from kconv._compile.fields import (
    Refused,
    Remembered,
    canonical,
    decode_plain,
    free_form,
    has_pattern,
    is_compiled,
    refuse_deep,
    refuses_zero,
    spellings,
)
from kconv._compile.names import NATIVE
from kconv._compile.source import Source
from kconv._compile.struct import Form
from kconv._schema import Defaulter, Derived, Type, fields_only, function_failed, inherited
from kconv.fields import Spec, spec_of
from kconv.fields._base import check_field, innermost, is_own
from kconv.fields._spec import AnyField

Finish = Callable[[Any], None]
Settle = Callable[[type[Type], Any], Any]
"""Makes the struct of a type from a dict, without any more defaults."""


def finisher(
    schema: type[Type],
    *,
    rules: bool,
    settle: Settle | None,
    nullable: bool = False,
    form: Form = NATIVE,
) -> tuple[Finish | None, str]:
    """The function that completes a decoded struct of a type in place, and its source.

    It sees to the type's own fields, not to those of objects within; with ``rules`` it also
    refuses duplicates in sets and maps. ``settle`` brings what functions fill in to the form of
    decoded values; without it there are no defaults. ``nullable`` structs may hold nulls. ``form``
    is what the struct looks like. None (and no source) when there is nothing to do.
    """
    source = Source()
    source.names["UNSET"] = form.absent
    nullable = nullable or form.absent is None
    source.add("def finish(o):")
    source.depth += 1
    names = form.names(schema)
    for name, field in schema.instance().wire_fields().items():
        if settle or is_compiled(field):
            place, decoding = f"o.{names[name]}", settle is not None
            _field_lines(source, name, field, place, decoding=decoding, nullable=nullable)
        if settle and not is_constant(field, field.load_default):
            call = source.define(
                f"default_{name}", _making_default(schema, name, rules, settle, form)
            )
            source.add(f"if o.{names[name]} is UNSET: o.{names[name]} = {call}()")
    for name, default in schema.zero_is_absent.items() if settle else ():
        if default and not refuses_zero(schema.instance().wire_fields()[name]):
            source.names["Refused"] = Refused
            source.add(f"if not o.{names[name]}: raise Refused")
    if settle:
        for fill_in in inherited(schema, "defaulters"):
            _default_line(source, schema, fill_in, settle, form)
    if rules and settle and form.remembers:
        for name, field in schema.instance().wire_fields().items():
            if is_compiled(field) and has_pattern(field):
                fine = Remembered()
                call = source.define(f"search_{name}", _search(spec_of(field), fine))
                remembered = source.define(f"fine_{name}", fine)
                source.add(f"v = o.{names[name]}")
                source.add(f"if v not in {remembered} and v is not UNSET: {call}(v)")
    if rules:
        for name, field in schema.instance().wire_fields().items():
            if spec_of(field).unique and is_compiled(field):
                source.add(f"v = o.{names[name]}")
                source.names["Refused"] = Refused
                same = source.define(f"identity_{name}", _identity(spec_of(field), form))
                there = "v is not UNSET and v is not None" if nullable else "v is not UNSET"
                twice = f"len(set(map({same}, v))) != len(v)"
                source.add(f"if {there} and len(v) > 1 and {twice}: raise Refused")
    if len(source.lines) == 1:
        return None, ""
    function: Finish = source.compile("finish", f"finish {schema.__qualname__}")
    return function, source.text()


def _default_line(
    source: Source, schema: type[Type], fill_in: Defaulter | Derived, settle: Settle, form: Form
) -> None:
    names = form.names(schema)
    function = getattr(fill_in.function, "__name__", "default")
    if isinstance(fill_in, Derived):
        call = source.define(function, _deriving(schema, fill_in, settle, form))
        given = ", ".join(f"o.{names[name]}" for name in fill_in.of)
        place = f"o.{names[fill_in.field]}"
        given_any = " or ".join(f"o.{names[name]} is not UNSET" for name in fill_in.when)
        only_if = [given_any] if given_any else []
        if not fill_in.replace:
            only_if = [*(f"({each})" for each in only_if), f"not {place}"]
        condition = f"if {' and '.join(only_if)}: " if only_if else ""
        source.add(f"{condition}{place} = {call}({given})")
        return
    call = source.define(function, _filling_in(schema, fill_in, settle, form))
    conditions = [
        [f"o.{names[name]} is not UNSET" for name in fill_in.when],
        _lacking(source, schema, fill_in, form),
        [" and ".join(f"o.{names[name]} is UNSET" for name in fill_in.unless)],
    ]
    some = [" or ".join(each) for each in conditions if any(each)]
    condition = some[0] if len(some) == 1 else " and ".join(f"({each})" for each in some)
    source.add(f"if {condition}: {call}(o)" if condition else f"{call}(o)")


def _filling_in(
    schema: type[Type], fill_in: Defaulter, settle: Settle, form: Form
) -> Callable[[Any], None]:
    """Computed defaults on a struct: they get a dict, and the struct what they make of it."""
    attributes = tuple(form.names(schema).values())

    def filling_in(o: Any) -> None:
        value = to_builtins(o)
        try:
            fill_in.fill_in(value)
            made = settle(schema, value)
        except Exception as error:
            raise function_failed(fill_in.function, schema, error) from error
        for attribute in attributes:
            setattr(o, attribute, getattr(made, attribute))

    return filling_in


def _deriving(
    schema: type[Type], derived: Derived, settle: Settle, form: Form
) -> Callable[..., Any]:
    """The default of a field, from the compiled values of others."""
    name, function = derived.field, derived.function
    field = schema.instance().wire_fields()[name]
    text = _is_text(field)
    attribute, absent = form.names(schema)[name], form.absent

    def deriving(*of: Any) -> Any:
        given = [None if v is absent else v if type(v) is str else to_builtins(v) for v in of]
        try:
            value = function(*given)
            if value is None:
                return absent
            if text and type(value) is str:
                return value
            return getattr(settle(schema, {name: value}), attribute)
        except Exception as error:
            raise function_failed(function, schema, error) from error

    def deriving_text(of: Any) -> Any:
        """As `deriving`, from one text to another."""
        try:
            value = function(None if of is absent else of)
        except Exception as error:
            raise function_failed(function, schema, error) from error
        return value if type(value) is str else deriving(of)

    fields = schema.instance().wire_fields()
    texts = len(derived.of) == 1 and text and _is_text(fields[derived.of[0]])
    return deriving_text if texts else deriving


def _is_text(field: AnyField) -> bool:
    """Whether any text is a value of a field, and nothing else."""
    return is_compiled(field) and spec_of(field).native is str and not spec_of(field).canonical


def _lacking(source: Source, schema: type[Type], fill_in: Defaulter, form: Form) -> list[str]:
    """The expressions of which one holds where something is lacking."""
    found: dict[str, None] = {}
    lacking = [(path, False) for path in fill_in.lacking]
    for path, empty in (*lacking, *((path, True) for path in fill_in.empty)):
        place, of = "o", schema
        for number, name in enumerate(path, 1):
            field = of.instance().wire_fields().get(name)
            below = None if field is None else spec_of(field).object_type
            within = number < len(path)
            if field is None or (within and (below is None or not is_compiled(field))):
                # A dict, as marshmallow makes it, or an object that another type took the place of
                return [f"{source.define('lacks_any', _lacks_any(fill_in))}(o)"]
            place += f".{form.names(of)[name]}"
            found[f"not {place}" if empty and not within else f"{place} is UNSET"] = None
            of = below or of
    return list(found)


def is_constant(field: AnyField, default: Any) -> bool:
    """Whether a field's default can be given to msgspec: what completes values leaves it alone."""
    if default is missing or default is list:
        return True
    if not is_compiled(field):
        return False
    if spec_of(innermost(field)).structure == "object":
        return default is dict
    function = canonical(innermost(field))
    if function is None or default in ([], {}, dict):
        return True
    if callable(default) or field is not innermost(field):
        return False
    try:
        return bool(function(default) == default)
    except Refused:
        return False


def _making_default(
    schema: type[Type], name: str, rules: bool, settle: Settle, form: Form
) -> Callable[[], Any]:
    """What makes the default of a field that msgspec cannot: objects in it as structs."""
    field = schema.instance().wire_fields()[name]
    attribute = form.names(schema)[name]
    holds_objects = is_compiled(field) and spec_of(innermost(field)).structure == "object"

    def making() -> Any:
        value = plain_default(field)
        if value is missing or value is None:
            return form.absent
        if rules:
            with fields_only():
                if any(check_field(field, value, ())):
                    raise Refused
        return getattr(settle(schema, {name: value}), attribute) if holds_objects else value

    return making


def plain_default(field: AnyField) -> Any:
    """What an absent field decodes to, by its own code."""
    try:
        return field.deserialize(missing)
    except marshmallow.ValidationError:
        raise Refused from None


def _lacks_any(fill_in: Defaulter) -> Callable[[Any], bool]:
    return lambda o: fill_in.lacks_any(to_builtins(o))


def _field_lines(
    source: Source, name: str, field: AnyField, place: str, *, decoding: bool, nullable: bool
) -> None:
    if is_compiled(field):
        inner = innermost(field)
        function = canonical(inner, decoding=decoding)
        if function is None:
            return
        if field is not inner and spec_of(inner).structure == "free" and is_own(inner):
            function = free_form(inner, decoding=decoding, element=True)
        call, unless = source.define(f"canonical_{name}", function), ""
        known = spellings(inner)
        if known is not None:
            call = source.define(f"canonical_{spec_of(inner).type_name}", known)
            spelled = source.define(f"{call}_spelled", known.canonical)
            if field is inner:
                is_value = f"{place} is not None and " if nullable else ""
                source.add(f"if {is_value}{place} not in {spelled}: {place} = {call}[{place}]")
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
    if decoding and not is_compiled(field):
        source.add(f"{source.define('refuse_deep', refuse_deep)}(v)")
    is_value = " and v is not None" if nullable and is_compiled(field) else ""
    source.add(f"if v is not UNSET{is_value}{unless}: {place} = {completed}")


def _rebuilt(spec: Spec, call: str, value: str, depth: int) -> str:
    if spec.element is None:
        return call.format(value)
    each = f"x{depth}"
    inner = _rebuilt(spec_of(spec.element), call, each, depth + 1)
    if spec.structure == "map":
        return f"{{k{depth}: {inner} for k{depth}, {each} in {value}.items()}}"
    return f"[{inner} for {each} in {value}]"


def _search(spec: Spec, fine: Remembered) -> Callable[[Any], None]:
    """Refuses texts that do not match a pattern."""
    assert spec.expression is not None, "it has a pattern"
    search = re.compile(spec.expression).search

    def matching(value: Any) -> None:
        if search(value) is None:
            raise Refused
        fine.keep(value)

    return matching


def _identity(spec: Spec, form: Form) -> Callable[[Any], Any]:
    """What makes a compiled element of a list the same one as another, by `Spec.identity`."""
    identity, element = spec.identity, spec.element
    assert identity is not None
    assert element is not None
    of = spec_of(element).object_type
    if of is None:
        return identity
    fields, names = of.instance().wire_fields(), form.names(of)
    keys = spec.map_keys if spec.list_type == "map" else ()
    if keys and all(spec_of(fields[key]).native in (str, int) for key in keys):
        return attrgetter(*(names[key] for key in keys))
    return lambda value: identity(to_builtins(value))
