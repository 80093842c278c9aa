"""What is wrong with how a field is declared: its name, its bounds, and its constant default."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import marshmallow
from marshmallow import missing

from kconv._paths import describe, quote
from kconv.fields import Spec, spec_of
from kconv.fields._base import check_field, findings_of, innermost, wire_name
from kconv.fields._scalar import INT64
from kconv.fields._spec import AnyField

_LIST_TYPES = ("atomic", "set", "map")
_FORMATS = ("int32", "int64")
_BAD_NAME = re.compile(r'[."\\\x00-\x1f]')


def name_problems(field: AnyField) -> Iterator[str]:
    """Names that values cannot have as keys: marshmallow makes objects of those with dots."""
    for name in dict.fromkeys((wire_name(field), field.attribute)):
        if name is None:
            continue
        if not name:
            yield "its name is empty; give it another data_key"
        elif _BAD_NAME.search(name):
            yield (
                f"its name {quote(name)} has a dot, a quote, a backslash or a control character; "
                "give it another data_key"
            )


def declaration_problems(field: AnyField) -> Iterator[str]:
    """What no value could keep to, or that says nothing: bounds, enumerations, list types.

    And patterns and examples that are none.
    """
    spec = spec_of(field)
    yield from _lengths("length", spec.min_length, spec.max_length)
    for value in spec.enum:
        if type(value) is not str:
            yield f"its enum has {value!r}, which is no plain str"
    yield from () if spec.problems is None else spec.problems()
    if spec.json_type == "integer":
        yield from _bounds(spec, (int,), "whole number")
    else:
        yield from _bounds(spec, (int, float), "number")
    if spec.structure == "list":
        yield from _lengths("items", spec.min_items, spec.max_items)
        yield from _list_type(spec)
    yield from _pattern(spec)
    yield from _examples(field, spec)


def _pattern(spec: Spec) -> Iterator[str]:
    try:
        re.compile(spec.expression or "")
    except re.error as error:
        yield f"its pattern {quote(spec.pattern)} is no regular expression: {error}"


def _examples(field: AnyField, spec: Spec) -> Iterator[str]:
    """Examples of its class that the field itself decodes otherwise, or not at all."""
    if field.validators or field.metadata.get("examples"):
        return  # it takes less than its class, or has examples of its own
    for example in spec.examples:
        try:
            decoded = field.deserialize(example)
        except marshmallow.ValidationError as error:
            yield f"its example {quote(example)} does not decode: {_text(error)}"
            continue
        if decoded != example:
            yield f"its example {quote(example)} must be written {quote(decoded)}"


def _bounds(spec: Spec, types: tuple[type[int | float], ...], expected: str) -> Iterator[str]:
    sound = True
    for name, bound in (("minimum", spec.minimum), ("maximum", spec.maximum)):
        if bound is None:
            continue
        if type(bound) not in types or not math.isfinite(bound):
            sound = False
            yield f"its {name} {bound!r} is no {expected}"
        elif type(bound) is int and not INT64[0] <= bound <= INT64[1]:
            sound = False
            yield f"its {name} {bound} does not fit in 64 bits"
    if not sound:
        return
    low, high = spec.minimum, spec.maximum
    if low is not None and high is not None and low > high:
        yield f"its minimum {low} is greater than its maximum {high}"
    elif spec.range is not None and (
        (low is not None and low > spec.range[1]) or (high is not None and high < spec.range[0])
    ):
        yield f"its bounds leave no number of format {spec.format}"


def _lengths(what: str, low: object, high: object) -> Iterator[str]:
    sound = True
    for name, bound in ((f"min_{what}", low), (f"max_{what}", high)):
        if bound is not None and (type(bound) is not int or not 0 <= bound <= INT64[1]):
            sound = False
            yield f"its {name} {bound!r} is no whole number from 0 that fits in 64 bits"
    if sound and isinstance(low, int) and isinstance(high, int) and low > high:
        yield f"its min_{what} {low} is greater than its max_{what} {high}"


def _list_type(spec: Spec) -> Iterator[str]:
    if spec.list_type is not None and spec.list_type not in _LIST_TYPES:
        yield f"its list_type {spec.list_type!r} is none of {', '.join(_LIST_TYPES)}"
    if spec.list_type != "map" or spec.element is None:
        return
    if not spec.map_keys:
        yield 'its list_type "map" needs map_keys, the fields that tell elements apart'
    try:
        of = spec_of(spec.element).object_type
        known = () if of is None else of.instance().wire_fields()
    except (TypeError, NameError, AttributeError):
        return  # said of the elements themselves
    if of is None:
        yield 'its list_type "map" is for lists of objects'
        return
    for key in spec.map_keys:
        if key not in known:
            yield f"its map_keys have {key}, which {of.__name__} does not have"


def default_problems(field: AnyField) -> Iterator[str]:
    """A constant default that the field itself would not decode so, or that breaks its rules."""
    # The scheme of what is only converted plainly need not load the other engine's decoder.
    from kconv._compile.fields import is_compiled

    default = field.load_default
    if default is missing or callable(default) or not is_compiled(field):
        return
    if default is None:
        yield "its default is null, which is as good as absent; leave load_default out"
        return
    try:
        decoded = field.deserialize(default)
    except marshmallow.ValidationError as error:
        yield f"its default {quote(default)} does not decode: {_text(error)}"
        return
    except RecursionError:
        yield "its default is infinitely recursive; leave load_default out"
        return
    except (TypeError, NameError, AttributeError):
        return  # an object of no type: said of the field itself
    spec = spec_of(field)
    if spec_of(innermost(field)).structure == "object":
        return  # objects are decoded when the default is taken
    if type(decoded) is not type(default) or decoded != default:
        yield f"its default {quote(default)} must be written {quote(decoded)}"
        return
    if isinstance(default, str) and type(default) is not str:
        yield f"its default {default!r} is no plain str"
        return
    if spec.enum and default not in spec.enum:
        yield f'its default "{default}" is none of {", ".join(map(str, spec.enum))}'
        return
    # Absent, such a field is asked for anyway: the empty value only stands for absence.
    if field.required and spec.empty_is_absent and not decoded:
        return
    try:
        for finding in check_field(field, decoded, ()):
            yield f"its default breaks a rule of its own: {finding}"
    except TypeError:
        return  # bounds that are no numbers: said as such


def _text(error: marshmallow.ValidationError) -> str:
    return describe(findings_of(error.messages))
