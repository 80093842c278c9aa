"""Hypothesis strategies derived from schemas.

`documents` makes objects of a version that its schema can decode: every field may be there or
not, values are of the field's type, within its bounds and in its enumeration. They need not pass
the rules that a group adds, so decode them as trusted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

from hypothesis import strategies as st

from kconv._document import DocumentOptions
from kconv._errors import SchemeError
from kconv._schema import Type
from kconv._scheme import Spoke
from kconv.fields import Spec, spec_of
from kconv.fields._base import is_own
from kconv.fields._scalar import INT64
from kconv.fields._spec import AnyField
from kconv.testing._examples import examples_of

Strategy = st.SearchStrategy[Any]

DEEPEST = 14
"""How many objects deep a document goes before it holds only what is required."""

_KEYS = st.from_regex(r"[a-z][a-z0-9.-]{0,8}", fullmatch=True)
_ECMA_END = re.compile(r"(?<!\\)\$\Z")
"""The end of a pattern, where Python lets a line break follow and ECMA does not."""


def documents(spoke: Spoke, *, deepest: int = DEEPEST) -> Strategy:
    """Objects of a spoke as JSON-shaped dicts, with kind, apiVersion and a name.

    Documents have none of these; they have nulls and unknown fields, where these are kept.
    """
    document = spoke.kind.document
    if document is not None:
        return _documents(spoke.schema, document, deepest)
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


def _documents(schema: type[Type], options: DocumentOptions, deepest: int) -> Strategy:
    fields = schema.instance().wire_fields()
    nullable = [
        name
        for name, field in fields.items()
        if not field.required and is_own(field) and name != options.kept
    ]
    nulls: Strategy = st.just([])
    if options.keeps_null and nullable:
        nulls |= st.lists(st.sampled_from(nullable), max_size=2, unique=True)
    unknown: Strategy = st.just({})
    if options.unknown_policy == "keep":
        unknown |= st.dictionaries(_UNKNOWN, _ANY, max_size=2)
    found = st.builds(
        lambda value, nulls, unknown: {**unknown, **value, **dict.fromkeys(nulls)},
        values(schema, deepest=deepest),
        nulls,
        unknown,
    )
    return found.map(lambda value: {n: each for n, each in value.items() if n != options.kept})


_UNKNOWN = st.sampled_from(["x-unknown", "x-other"])
_ANY = st.sampled_from([None, 1, "text", {"a": [None, {"b": 1}]}])


def values(schema: type[Type], *, deepest: int = DEEPEST) -> Strategy:
    """Values of a type as JSON-shaped dicts."""
    known: dict[tuple[type[Type], int], Strategy] = {}
    return _values(schema, deepest, known)


def _values(
    schema: type[Type], depth: int, known: dict[tuple[type[Type], int], Strategy]
) -> Strategy:
    found = known.get((schema, depth))
    if found is None:
        fields, unions = schema.instance().wire_fields(), schema.instance().opts.one_of
        found = known[schema, depth] = st.deferred(lambda: _union(fields, unions, depth, known))
    return found


def _union(
    fields: Mapping[str, AnyField],
    unions: Sequence[Sequence[str]],
    depth: int,
    known: dict[tuple[type[Type], int], Strategy],
) -> Strategy:
    """An object with exactly one member of each union."""
    members = {name for union in unions for name in union}
    rest = _object({n: f for n, f in fields.items() if n not in members}, depth, known)
    for union in unions:
        chosen = st.one_of(
            *(st.fixed_dictionaries({name: _of(fields[name], depth, known)}) for name in union)
        )
        rest = st.builds(lambda one, other: {**one, **other}, rest, chosen)
    return rest


def _object(
    fields: Mapping[str, AnyField],
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
    field: AnyField,
    depth: int,
    known: dict[tuple[type[Type], int], Strategy],
) -> Strategy:
    examples = examples_of(field)
    if examples:
        return st.sampled_from(examples)
    spec = spec_of(field)
    if spec.object_type is not None:
        return _values(spec.object_type, depth - 1, known)
    if spec.element is None:
        return scalars(field)
    elements = _of(spec.element, depth, known)
    if spec.structure == "map":
        return st.dictionaries(_KEYS, elements, max_size=2)
    return _list(spec, _least(spec, spec.min_items, field.required), elements)


def _list(spec: Spec, least: int, elements: Strategy) -> Strategy:
    most = max(least, min(spec.max_items or 2, 2))
    if not spec.unique:
        return st.lists(elements, min_size=least, max_size=most)
    return st.lists(elements, min_size=least, max_size=most, unique_by=spec.identity)


def scalars(field: AnyField) -> Strategy:
    """Values of a field that holds neither object nor list nor map."""
    spec = spec_of(field)
    if spec.strategy is not None:
        found: Strategy = spec.strategy(st)
        return found
    if spec.json_type == "string":
        return _strings(spec, _least(spec, spec.min_length, field.required))
    if spec.json_type == "integer":
        low, high = spec.range or INT64
        low = low if spec.minimum is None else max(low, ceil(spec.minimum))
        high = high if spec.maximum is None else min(high, floor(spec.maximum))
        return st.integers(low, high)
    if spec.json_type == "number":
        return st.floats(spec.minimum, spec.maximum, allow_nan=False, allow_infinity=False)
    if spec.json_type == "boolean":
        return st.booleans()
    raise SchemeError(
        f"{field.name} is a {type(field).__name__}, which kconv makes no values of; declare it "
        'with metadata={"examples": [...]}'
    )


def _strings(spec: Spec, least: int) -> Strategy:
    if spec.enum:
        return st.sampled_from(spec.enum)
    if spec.pattern is not None:
        return st.from_regex(_ECMA_END.sub(r"\\Z", spec.pattern))
    return st.text(
        st.characters(codec="utf-8", exclude_characters="\x00"),
        min_size=least,
        max_size=max(least, min(spec.max_length or 8, 8)),
    )


def _least(spec: Spec, length: int | None, required: bool) -> int:
    return max(length or 0, 1 if required and spec.empty_is_absent else 0)
