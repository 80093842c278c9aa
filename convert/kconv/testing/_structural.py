"""Objects of a custom resource, as its structural schema describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

Schema = Mapping[str, Any]
Strategy = st.SearchStrategy[Any]

_TEXT: Final = st.text("abcxyz019-", min_size=1, max_size=8).filter(lambda text: text.strip("-"))
_ASCII: Final = st.characters(codec="ascii")
_LONGEST: Final = 14
_MOST: Final = 3
_INT64: Final = 2**53

_FORMATS: Final[Mapping[str, Strategy]] = {
    "date-time": st.datetimes().map(lambda when: when.strftime("%Y-%m-%dT%H:%M:%SZ")),
    "date": st.dates().map(lambda day: day.strftime("%Y-%m-%d")),
    "byte": st.sampled_from(["", "YQ==", "YWJj"]),
    "duration": st.sampled_from(["1s", "90s", "10m", "2h"]),
    "ipv4": st.sampled_from(["10.0.0.1", "192.168.1.1"]),
    "ipv6": st.sampled_from(["::1", "fe80::1"]),
    "uuid": st.uuids().map(str),
    "uri": st.just("https://example.com/x"),
    "email": st.just("a@example.com"),
    "hostname": st.just("host.example.com"),
}


def values_of(schema: Schema) -> Strategy:
    """Values that a structural schema takes.

    What it says by ``oneOf``, ``not`` or rules in CEL is not looked at.
    """
    if "enum" in schema:
        return st.sampled_from([each for each in schema["enum"] if each is not None])
    if schema.get("x-kubernetes-int-or-string"):
        return st.integers(0, 100) | st.sampled_from(["1", "25%", "100m"])
    kind = schema.get("type")
    if schema.get("x-kubernetes-preserve-unknown-fields") and not schema.get("properties"):
        return st.dictionaries(_TEXT, _TEXT | st.booleans(), max_size=_MOST)
    if kind == "object":
        return _objects(schema)
    if kind == "array":
        return _lists(schema)
    if kind == "string":
        return _texts(schema)
    if kind == "integer":
        return _numbers(schema, st.integers, 1)
    if kind == "number":
        return _numbers(schema, st.integers, 1)
    if kind == "boolean":
        return st.booleans()
    return st.dictionaries(_TEXT, _TEXT, max_size=_MOST)


def _objects(schema: Schema) -> Strategy:
    properties = schema.get("properties") or {}
    others = schema.get("additionalProperties")
    if not properties and isinstance(others, Mapping):
        return st.dictionaries(_TEXT, values_of(others), max_size=_MOST)
    required = {*(schema.get("required") or ())}
    fields = {name: values_of(each) for name, each in properties.items()}
    return st.fixed_dictionaries(
        {name: each for name, each in fields.items() if name in required},
        optional={name: each for name, each in fields.items() if name not in required},
    )


def _lists(schema: Schema) -> Strategy:
    items = values_of(schema.get("items") or {"type": "string"})
    least = schema.get("minItems") or 0
    most = min(schema.get("maxItems") or _MOST, max(_MOST, least))
    keys = schema.get("x-kubernetes-list-map-keys")
    unique: Any = None
    if keys:
        unique = lambda item: tuple(str(item.get(key)) for key in keys)  # noqa: E731
    elif schema.get("x-kubernetes-list-type") == "set" or schema.get("uniqueItems"):
        unique = repr
    return st.lists(items, min_size=least, max_size=most, unique_by=unique)


def _texts(schema: Schema) -> Strategy:
    if "pattern" in schema:
        found = st.from_regex(schema["pattern"], fullmatch=True, alphabet=_ASCII)
        # Numbers in texts are to be some that an integer can be.
        return found.filter(lambda text: len(text) <= _LONGEST)
    known = _FORMATS.get(schema.get("format") or "")
    if known is not None:
        return known
    least, most = schema.get("minLength") or 0, schema.get("maxLength")
    return st.text("abcxyz019", min_size=max(least, 1), max_size=max(most or 8, least, 1))


def _numbers(schema: Schema, make: Any, step: int) -> Strategy:
    bits = 2**31 - 1 if schema.get("format") == "int32" else _INT64
    least = int(schema.get("minimum", -bits)) + (step if schema.get("exclusiveMinimum") else 0)
    most = int(schema.get("maximum", bits)) - (step if schema.get("exclusiveMaximum") else 0)
    multiple = schema.get("multipleOf")
    found: Strategy = make(least, most)
    if isinstance(multiple, int) and multiple > 1:
        found = make(-(-least // multiple), most // multiple).map(lambda each: each * multiple)
    return found
