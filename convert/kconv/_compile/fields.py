"""Which msgspec type decodes a field, and what is left to do after it did.

Only fields whose class is kconv's own are compiled; a subclass may decode in ways of its own, so
it takes the plain path, as do fields of other libraries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import marshmallow
from msgspec import UNSET, Meta, UnsetType

from kconv import fields
from kconv._codec.limits import check_depth
from kconv._compile.times import MICRO_TIME, TIME
from kconv.fields._quantity import canonical_quantity

AnyField = marshmallow.fields.Field[Any]
TypeOf = Callable[[type[Any]], Any]


class Slow(Exception):
    """The fast path gives up on an object; the plain path says what is right."""


_MEMO_SIZE = 4096
_LONGEST = 64


class Quantities(dict[Any, str]):
    """Canonical spellings of quantities by what was written, remembered since objects repeat them.

    ``canonical`` has what may stay as it is: texts known to be in their canonical spelling, and
    ``msgspec.UNSET``. Looking a value up raises `Slow` when it is not a quantity.
    """

    def __init__(self, *, milli: bool) -> None:
        super().__init__()
        self.milli = milli
        self.canonical: set[Any] = {UNSET}

    def __missing__(self, value: Any) -> str:
        try:
            text = value.strip() if isinstance(value, str) else repr(value)
            found = canonical_quantity(text, milli=self.milli)
        except ValueError:
            raise Slow from None
        # One spelled at length is not likely to come again, and would stay in memory.
        if type(value) is str and len(value) <= _LONGEST:
            if len(self) >= _MEMO_SIZE:
                self.clear()
                self.canonical.intersection_update({UNSET})
            self[value] = found
            if found == value:
                self.canonical.add(found)
        return found


_quantities = {milli: Quantities(milli=milli) for milli in (False, True)}


def quantities(field: fields.Quantity) -> Quantities:
    """The spellings that fields like this one share."""
    return _quantities[field.milli]


def decode_plain(field: AnyField) -> Callable[[Any], Any]:
    """Decodes as the field itself does. Raises `Slow` for what it refuses, and for null."""

    def decode(value: Any) -> Any:
        if value is None:
            raise Slow
        try:
            return field.deserialize(value)
        except marshmallow.ValidationError:
            raise Slow from None

    return decode


def _free_form(value: Any) -> Any:
    if value is None:
        raise Slow
    check_depth(value)
    return value


def is_compiled(field: AnyField) -> bool:
    """Whether a field, its elements included, is decoded by msgspec; else by the plain path."""
    if type(field) not in KNOWN or getattr(field, "pre_load", None) or field.post_load:
        return False
    if isinstance(field, fields.List | fields.Map):
        return is_compiled(field.inner)
    return True


def innermost(field: AnyField) -> AnyField:
    """The field of the elements within lists and maps; the field itself otherwise."""
    while isinstance(field, fields.List | fields.Map):
        field = field.inner
    return field


def annotation(
    field: AnyField, struct: TypeOf, *, rules: bool, finish: bool, nonzero: bool = False
) -> Any:
    """The msgspec type of a field's value.

    ``struct`` gives the compiled type of an object's type; with ``rules`` the type also holds
    the field's own rules, so that values which break them do not decode. With ``finish`` times
    are brought to their canonical spelling, without they are texts. ``nonzero`` refuses
    ``""`` and ``0``, where they mean absence and the plain path has to fill in the default.
    """
    if not is_compiled(field):
        return Any
    if isinstance(field, fields.Object):
        return struct(field.type)
    if isinstance(field, fields.Map):
        values: Any = annotation(field.inner, struct, rules=rules, finish=finish)
        return dict[str, values]
    if isinstance(field, fields.Time):
        if not finish:
            return str
        return MICRO_TIME if isinstance(field, fields.MicroTime) else TIME
    if isinstance(field, fields.List):
        items: Any = annotation(field.inner, struct, rules=rules, finish=finish)
        inner = list[items]
        least = max(field.min_items or 0, 1 if field.required else 0) or None
        return _constrained(inner, rules, min_length=least, max_length=field.max_items)
    if isinstance(field, fields.String):
        return _string(field, rules, nonzero)
    if isinstance(field, fields.Integer):
        bounds = _bounds(field) if rules else field.range
        return Annotated[int, Meta(ge=max(bounds[0], 1) if nonzero else bounds[0], le=bounds[1])]
    if isinstance(field, fields.Double):
        return int | float  # of which msgspec takes no bounds; see `kconv._compile.check`
    return KNOWN[type(field)]


def loose_annotation(field: AnyField, struct: TypeOf) -> Any:
    """The msgspec type that takes any value of a field, null included, with structs for objects."""
    if isinstance(innermost(field), fields.Object) and is_compiled(field):
        return _loose(field, struct) | None | UnsetType
    return Any


def _loose(field: AnyField, struct: TypeOf) -> Any:
    if isinstance(field, fields.List):
        items: Any = _loose(field.inner, struct)
        return list[items]
    if isinstance(field, fields.Map):
        values: Any = _loose(field.inner, struct)
        return dict[str, values]
    return struct(field.type) if isinstance(field, fields.Object) else Any


def _string(field: fields.String, rules: bool, nonzero: bool) -> Any:
    if rules and field.enum:
        allowed = tuple(
            value
            for value in field.enum
            if not list(field.check(value, ())) and not (nonzero and value == "")
        )
        return Literal[allowed] if allowed else Annotated[str, Meta(max_length=0, min_length=1)]
    if nonzero and not rules:
        return Annotated[str, Meta(min_length=1)]
    least = max(field.min_length or 0, 1 if field.required or nonzero else 0) or None
    return _constrained(
        str, rules, pattern=field.expression, min_length=least, max_length=field.max_length
    )


def _bounds(field: fields.Integer) -> tuple[int, int]:
    low, high = field.range
    if field.minimum is not None:
        low = max(low, field.minimum)
    if field.maximum is not None:
        high = min(high, field.maximum)
    return low, high


def _constrained(inner: Any, rules: bool, **constraints: Any) -> Any:
    given = {name: value for name, value in constraints.items() if value is not None}
    return Annotated[inner, Meta(**given)] if rules and given else inner


def canonical(field: AnyField) -> Callable[[Any], Any] | None:
    """What brings a decoded scalar to its canonical spelling; None where msgspec leaves it so."""
    if isinstance(field, fields.Quantity):
        return quantities(field).__getitem__
    if isinstance(field, fields.Duration | fields.Bytes):
        return decode_plain(field)
    if isinstance(field, fields.FreeForm):
        return decode_plain(field) if field.object_only else _free_form
    return None


KNOWN: dict[type[Any], Any] = {
    fields.String: str,
    fields.Integer: int,
    fields.Int32: int,
    fields.Int64: int,
    fields.Double: float,
    fields.Boolean: bool,
    fields.Quantity: str | int | float,
    fields.IntOrString: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] | str,
    fields.Time: TIME,
    fields.MicroTime: MICRO_TIME,
    fields.Duration: str,
    fields.Bytes: str,
    fields.FreeForm: Any,
    fields.Map: dict,
    fields.List: list,
    fields.Object: None,
}
