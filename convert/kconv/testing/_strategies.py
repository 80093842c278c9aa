"""Hypothesis strategies derived from schemas.

`documents` makes objects of a version that its schema can decode: every field may be there or
not, values are of the field's type, within its bounds and in its enumeration. They need not pass
the rules that a group adds, so decode them as trusted.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import marshmallow
from hypothesis import strategies as st

from kconv._errors import SchemeError
from kconv._schema import Type
from kconv._scheme import Spoke
from kconv.fields import (
    Boolean,
    Bytes,
    Double,
    Duration,
    FreeForm,
    Integer,
    IntOrString,
    List,
    Map,
    MicroTime,
    Object,
    Quantity,
    String,
    Time,
)
from kconv.fields._duration import format_duration
from kconv.fields._time import format_micro_time, format_time
from kconv.testing._examples import examples_of

Strategy = st.SearchStrategy[Any]

DEEPEST = 14
"""How many objects deep a document goes before it holds only what is required."""

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
_KEYS = st.from_regex(r"[a-z][a-z0-9.-]{0,8}", fullmatch=True)
_TIMES = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30)).map(
    lambda when: when.replace(tzinfo=UTC)
)
_ECMA_END = re.compile(r"(?<!\\)\$\Z")
"""The end of a pattern, where Python lets a line break follow and ECMA does not."""
_SUFFIXES = ("", "m", "k", "M", "G", "Ki", "Mi", "Gi", "n", "u")


def documents(spoke: Spoke, *, deepest: int = DEEPEST) -> Strategy:
    """Objects of a spoke as JSON-shaped dicts, with kind, apiVersion and a name."""
    head = {"kind": spoke.options.kind, "apiVersion": spoke.api_version}
    return values(spoke.schema, deepest=deepest).flatmap(
        lambda value: st.builds(
            lambda name: {
                **value,
                **head,
                "metadata": {**(value.get("metadata") or {}), "name": name},
            },
            _KEYS,
        )
    )


def values(schema: type[Type], *, deepest: int = DEEPEST) -> Strategy:
    """Values of a type as JSON-shaped dicts."""
    known: dict[tuple[type[Type], int], Strategy] = {}
    return _values(schema, deepest, known)


def _values(
    schema: type[Type], depth: int, known: dict[tuple[type[Type], int], Strategy]
) -> Strategy:
    found = known.get((schema, depth))
    if found is None:
        fields = schema.instance().wire_fields()
        found = known[schema, depth] = st.deferred(lambda: _object(fields, depth, known))
    return found


def _object(
    fields: Mapping[str, marshmallow.fields.Field[Any]],
    depth: int,
    known: dict[tuple[type[Type], int], Strategy],
) -> Strategy:
    required = {n: _of(f, depth, known) for n, f in fields.items() if f.required}
    rest = [name for name, field in fields.items() if not field.required]
    if depth <= 0 or not rest:
        return st.fixed_dictionaries(required)
    # A few of the many fields at a time: objects stay small, and all fields get their turn.
    chosen = st.lists(st.sampled_from(rest), max_size=4, unique=True)
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries(
            {**required, **{name: _of(fields[name], depth, known) for name in names}}
        )
    )


def _of(
    field: marshmallow.fields.Field[Any],
    depth: int,
    known: dict[tuple[type[Type], int], Strategy],
) -> Strategy:
    examples = examples_of(field)
    if examples:
        return st.sampled_from(examples)
    if isinstance(field, Object):
        return _values(field.type, depth - 1, known)
    if isinstance(field, List):
        return _list(field, _of(field.inner, depth, known))
    if isinstance(field, Map):
        return st.dictionaries(_KEYS, _of(field.inner, depth, known), max_size=2)
    return scalars(field)


def _list(field: List, items: Strategy) -> Strategy:
    least = max(field.min_items or 0, 1 if field.required else 0)
    most = max(least, min(field.max_items or 2, 2))
    if not field.unique:
        return st.lists(items, min_size=least, max_size=most)
    return st.lists(items, min_size=least, max_size=most, unique_by=field.identity)


def scalars(field: marshmallow.fields.Field[Any]) -> Strategy:
    """Values of a field that holds neither object nor list nor map."""
    if isinstance(field, String):
        return _strings(field)
    if isinstance(field, Integer):
        low, high = field.range
        low = low if field.minimum is None else max(low, field.minimum)
        high = high if field.maximum is None else min(high, field.maximum)
        return st.integers(low, high)
    if isinstance(field, Double):
        return st.floats(field.minimum, field.maximum, allow_nan=False, allow_infinity=False)
    if isinstance(field, Boolean):
        return st.booleans()
    if isinstance(field, Quantity):
        return st.builds("{}{}".format, st.integers(0, 5000), st.sampled_from(_SUFFIXES))
    if isinstance(field, IntOrString):
        return st.one_of(st.integers(0, 65535), _TEXT)
    if isinstance(field, MicroTime):
        return _TIMES.map(format_micro_time)
    if isinstance(field, Time):
        return _TIMES.map(format_time)
    if isinstance(field, Duration):
        return st.integers(0, 10**15).map(format_duration)
    if isinstance(field, Bytes):
        return st.binary(max_size=8).map(lambda data: base64.b64encode(data).decode())
    if isinstance(field, FreeForm):
        return st.dictionaries(_KEYS, st.one_of(_TEXT, st.booleans()), max_size=2)
    raise SchemeError(
        f"{field.name} is a {type(field).__name__}, which kconv makes no values of; declare it "
        'with metadata={"examples": [...]}'
    )


def _strings(field: String) -> Strategy:
    if field.enum:
        return st.sampled_from(field.enum)
    if field.pattern is not None:
        return st.from_regex(_ECMA_END.sub(r"\\Z", field.pattern))
    least = max(field.min_length or 0, 1 if field.required else 0)
    return st.text(
        st.characters(codec="utf-8", exclude_characters="\x00"),
        min_size=least,
        max_size=max(least, min(field.max_length or 8, 8)),
    )
