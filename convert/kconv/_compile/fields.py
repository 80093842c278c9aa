"""Which msgspec type decodes a field, and what is left to do after it did.

Only fields whose own class says what they are (`kconv.fields.Spec`) are compiled; a subclass may
decode in ways of its own, so marshmallow decodes it, as it does fields of other libraries.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, get_args

import marshmallow
from msgspec import UNSET, Meta, UnsetType

from kconv._codec.limits import check_depth
from kconv._compile.texts import NO_VALUE, text_type
from kconv._nesting import nests_deeper
from kconv._paths import DEPTH
from kconv.fields import Spec, spec_of
from kconv.fields._base import has_own_rules, innermost, is_missing, is_own, says_itself
from kconv.fields._scalar import INT64
from kconv.fields._spec import AnyField, check_bounds

TypeOf = Callable[[type[Any]], Any]


class Refused(Exception):
    """Compiled code gives up on an object; the plain engine says what is right."""


class Deep(Refused):
    """A free-form value may nest too deep: the plain engine looks at the whole document."""


_SHALLOW = DEPTH - 50
"""How deep a free-form value is in bounds wherever it is: types do not nest as deep as the rest."""


_MEMO_SIZE = 4096
_LONGEST = 64


class Spellings(dict[Any, str]):
    """Canonical spellings by what was written, remembered since objects repeat them.

    ``canonical`` has what may stay as it is: texts known to be in their canonical spelling, and
    ``msgspec.UNSET``. Looking a value up raises `Refused` when it has none.
    """

    def __init__(self, made: Callable[[Any], str]) -> None:
        super().__init__()
        self.made = made
        self.canonical: set[Any] = {UNSET}

    def __missing__(self, value: Any) -> str:
        try:
            found = self.made(value)
        except (ValueError, marshmallow.ValidationError):
            raise Refused from None
        # One spelled at length is not likely to come again, and would stay in memory.
        if type(value) is str and len(value) <= _LONGEST:
            if len(self) >= _MEMO_SIZE:
                self.clear()
                self.canonical.intersection_update({UNSET})
            self[value] = found
            if found == value:
                self.canonical.add(found)
        return found


_spellings = cache(Spellings)


def spellings(field: AnyField) -> Spellings | None:
    """The spellings that fields like this one share; None where none are to be remembered."""
    spec = spec_of(field)
    if not spec.repeats or spec.canonical is None or not is_own(field):
        return None
    return _spellings(spec.canonical)


def decode_plain(field: AnyField) -> Callable[[Any], Any]:
    """Decodes as the field itself does. Raises `Refused` for what it refuses, and for null."""

    def decode(value: Any) -> Any:
        if value is None:
            raise Refused
        try:
            found = field.deserialize(value)
        except marshmallow.ValidationError:
            raise Refused from None
        if is_missing(found):
            raise Refused
        return found

    return decode


def _by_canonical(canonical: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Brings what msgspec decoded to its canonical spelling. Raises `Refused`, for null as well."""

    def decode(value: Any) -> Any:
        if value is None:
            raise Refused
        try:
            return canonical(value)
        except ValueError:
            raise Refused from None

    return decode


def free_form(field: AnyField, *, decoding: bool, element: bool) -> Callable[[Any], Any]:
    """What takes a free-form value, unless it nests too deep; null only as an ``element``.

    While ``decoding``, how deep that is depends on what the value is in: raises `Deep`.
    """
    canonical = spec_of(field).canonical
    taken = None if canonical is None else _by_canonical(canonical)

    def take(value: Any) -> Any:
        if taken is not None:
            value = taken(value)
        elif value is None and not element:
            raise Refused
        (refuse_deep if decoding else check_depth)(value)
        return value

    return take


def refuse_deep(value: Any) -> None:
    """Raises `Deep` for a value that is not in bounds wherever it is."""
    if nests_deeper(value, _SHALLOW):
        raise Deep(f"a free-form value nests deeper than {_SHALLOW} levels")


def is_compiled(field: AnyField) -> bool:
    """Whether a field, its elements included, is decoded by msgspec; else by marshmallow."""
    spec = spec_of(field)
    if spec.native is None or not says_itself(field):
        return False
    if spec.canonical_pattern is None and (spec.absent, spec.canonical_stored) != (None, None):
        return False
    return spec.element is None or is_compiled(spec.element)


def annotation(
    field: AnyField,
    struct: TypeOf,
    *,
    rules: bool,
    finish: bool,
    nonzero: bool = False,
    absence: object = NO_VALUE,
    patterns: bool = True,
) -> Any:
    """The msgspec type of a field's value.

    ``struct`` gives the compiled type of an object's type; with ``rules`` the type also holds
    the field's own rules, so that values which break them do not decode. With ``finish`` times
    are brought to their canonical spelling, without they are texts. ``nonzero`` refuses the empty
    text, where it means absence: `without_nulls` takes it out. ``absence`` is what a value becomes
    that equals it, as the zero time does. Without ``patterns`` the pattern of a text is left to
    `finisher`; those of elements are not.
    """
    if not is_compiled(field):
        return Any
    spec = spec_of(field)
    if spec.object_type is not None:
        return struct(spec.object_type)
    if spec.element is not None:
        each: Any = annotation(spec.element, struct, rules=rules, finish=finish, absence=None)
        if spec.structure == "map":
            return dict[str, each]
        least = _least(spec, spec.min_items, field.required)
        return _constrained(list[each], rules, min_length=least, max_length=spec.max_items)
    if spec.canonical is not None:
        # The rules are those of the canonical value.
        if spec.canonical_pattern is None or not finish:
            return spec.native
        return text_type(spec, stored=not rules, absence=absence if is_own(field) else NO_VALUE)
    if spec.native is str:
        return _string(spec, field.required, rules, nonzero, patterns)
    return _numbers(spec, rules)


def loose_annotation(field: AnyField, struct: TypeOf) -> Any:
    """The msgspec type that takes any value of a field, null included, with structs for objects."""
    if spec_of(innermost(field)).object_type is not None and is_compiled(field):
        return _loose(spec_of(field), struct) | None | UnsetType
    return Any


def _loose(spec: Spec, struct: TypeOf) -> Any:
    if spec.element is not None:
        each: Any = _loose(spec_of(spec.element), struct)
        return dict[str, each] if spec.structure == "map" else list[each]
    return Any if spec.object_type is None else struct(spec.object_type)


def _string(spec: Spec, required: bool, rules: bool, nonzero: bool, patterns: bool) -> Any:
    if rules and spec.enum:
        allowed = tuple(
            value
            for value in spec.enum
            if not list(check_bounds(spec, value, ())) and not (nonzero and value == "")
        )
        return Literal[allowed] if allowed else Annotated[str, Meta(max_length=0, min_length=1)]
    if nonzero and not rules:
        return Annotated[str, Meta(min_length=1)]
    return _constrained(
        str,
        rules,
        pattern=spec.expression if patterns else None,
        min_length=_least(spec, spec.min_length, required or nonzero),
        max_length=spec.max_length,
    )


def _least(spec: Spec, length: int | None, required: bool) -> int | None:
    return max(length or 0, 1 if required and spec.empty_is_absent else 0) or None


def _numbers(spec: Spec, rules: bool) -> Any:
    """The type of what is, or may be, a whole number; any other type as it is."""
    parts = get_args(spec.native) if isinstance(spec.native, UnionType) else (spec.native,)
    if int not in parts or float in parts:
        return spec.native  # msgspec takes no bounds of `int | float`; see `needs_check`
    low, high = spec.range or INT64
    if rules:
        low, high = _within(low, spec.minimum, max), _within(high, spec.maximum, min)
    whole: Any = Annotated[int, Meta(ge=low, le=high)]
    for part in parts:
        whole = whole if part is int else whole | part
    return whole


def _within(limit: int, bound: float | None, nearer: Callable[..., Any]) -> Any:
    return limit if bound is None else nearer(limit, bound)


def _constrained(inner: Any, rules: bool, **constraints: Any) -> Any:
    given = {name: value for name, value in constraints.items() if value is not None}
    return Annotated[inner, Meta(**given)] if rules and given else inner


def has_pattern(field: AnyField) -> bool:
    """Whether a field, which `is_compiled`, holds texts that its type searches with a pattern."""
    spec = spec_of(field)
    texts = spec.native is str and spec.canonical is None and not spec.enum
    return texts and spec.pattern is not None


class Remembered(set[Any]):
    """Texts that break no rule, remembered since objects are read more than once."""

    def keep(self, value: Any) -> None:
        """Remember a text, unless it is one that is not likely to come again."""
        if type(value) is str and len(value) <= _LONGEST:
            if len(self) >= _MEMO_SIZE:
                self.clear()
            self.add(value)


def refuses_zero(field: AnyField) -> bool:
    """Whether the compiled type of a field by itself can refuse a zero that means absence.

    Objects are never zero.
    """
    spec = spec_of(field)
    plain = spec.native is str and spec.canonical is None
    return is_compiled(field) and (plain or spec.structure == "object")


def needs_check(field: AnyField) -> bool:
    """Whether a field, elements aside, has rules that its compiled type does not hold."""
    spec = spec_of(field)
    if has_own_rules(field) or not is_compiled(field):
        return True
    bounds = (spec.enum, spec.pattern, spec.min_length, spec.max_length)
    bounded = any(each not in (None, ()) for each in (*bounds, spec.minimum, spec.maximum))
    return bounded and (spec.canonical is not None or spec.native not in (int, str))


def canonical(field: AnyField, *, decoding: bool = False) -> Callable[[Any], Any] | None:
    """What brings a decoded scalar to its canonical spelling; None where msgspec leaves it so.

    ``decoding`` says that the value may nest deeper than a document may.
    """
    spec = spec_of(field)
    if not is_own(field):
        # Fields of other libraries judge their values as they decode them.
        return decode_plain(field) if spec.canonical is not None or field.validators else None
    if spec.structure == "free":
        return free_form(field, decoding=decoding, element=False)
    if spec.canonical is None:
        return None
    if spec.canonical_pattern is not None:
        return None
    known = spellings(field)
    return _by_canonical(spec.canonical) if known is None else known.__getitem__
