"""Defaults of structural schemas, as the API server fills them in."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconv._structural import only_defaults, with_defaults

INNER = {"type": "object", "properties": {"a": {"type": "integer", "default": 1}}}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (INNER, {}, {"a": 1}),
        (INNER, {"a": 2}, {"a": 2}),
        (INNER, {"a": None}, {"a": 1}),
        (INNER, {"b": 3}, {"b": 3, "a": 1}),
        ({"properties": {"a": {"default": 1, "nullable": True}}}, {"a": None}, {"a": None}),
        ({"properties": {"x": INNER}}, {}, {}),
        ({"properties": {"x": INNER}}, {"x": {}}, {"x": {"a": 1}}),
        ({"properties": {"x": {**INNER, "default": {}}}}, {}, {"x": {"a": 1}}),
        # A default of null is none; a null of a map or a list has one, too.
        ({"properties": {"a": {"default": None, "nullable": True}}}, {}, {}),
        ({"properties": {"a": {"default": 1, "nullable": True}}}, {}, {"a": 1}),
        ({"additionalProperties": {"default": 1}}, {"k": None}, {"k": 1}),
        ({"additionalProperties": {"default": 1, "nullable": True}}, {"k": None}, {"k": None}),
        ({"items": {**INNER, "default": {}}}, [None, {"a": 2}], [{"a": 1}, {"a": 2}]),
        ({"items": {"type": "string"}}, [None], [None]),
        ({"items": INNER}, [{}, {"a": 5}], [{"a": 1}, {"a": 5}]),
        ({"additionalProperties": INNER}, {"k": {}}, {"k": {"a": 1}}),
        ({"properties": {"x": INNER}}, {"x": "text"}, {"x": "text"}),
        ({"x-kubernetes-preserve-unknown-fields": True}, {"k": {}}, {"k": {}}),
    ],
)  # fmt: skip
def test_defaults(schema: dict[str, Any], value: Any, expected: Any) -> None:
    before = deepcopy(value)
    assert with_defaults(value, schema) == expected
    assert value == before, "it is left as it was"


@pytest.mark.parametrize(
    ("schema", "value", "at"),
    [
        ({"properties": {"x": {"default": {"l": []}}}}, {}, "x"),
        ({"additionalProperties": {"default": {"l": []}}}, {"x": None}, "x"),
        ({"items": {"default": {"l": []}}}, [None], 0),
    ],
)
def test_one_default_is_not_shared(schema: dict[str, Any], value: Any, at: Any) -> None:
    one, other = with_defaults(value, schema), with_defaults(value, schema)
    one[at]["l"].append(1)
    assert other[at] == {"l": []}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object", "properties": {"a": {"type": "integer"}}}, {}),
        (INNER, {"properties": {"a": {"default": 1}}}),
        ({"properties": {"x": INNER, "y": {"items": {}}}},
         {"properties": {"x": only_defaults(INNER)}}),
        ({"items": {"type": "object"}}, {}),
        ({"properties": {"a": {"default": 1, "nullable": True}}},
         {"properties": {"a": {"default": 1, "nullable": True}}}),
        ({"properties": {"a": {"default": None, "nullable": True}}}, {}),
        ({"items": {"default": 1}}, {"items": {"default": 1}}),
        ({"additionalProperties": INNER, "properties": {"n": {"type": "string"}}},
         {"additionalProperties": only_defaults(INNER), "properties": {"n": {}}}),
    ],
)  # fmt: skip
def test_what_defaults_need_of_a_schema(schema: dict[str, Any], expected: Any) -> None:
    assert only_defaults(schema) == expected


@given(st.recursive(
    st.fixed_dictionaries({}, optional={"default": st.integers(0, 2), "nullable": st.booleans()}),
    lambda inner: st.fixed_dictionaries({}, optional={
        "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
        "additionalProperties": inner, "items": inner, "default": st.just({})}),
    max_leaves=6,
), st.recursive(st.none() | st.integers(0, 2), lambda inner: st.lists(inner, max_size=2)
   | st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6))  # fmt: skip
def test_they_are_the_same_with_that_alone(schema: dict[str, Any], value: Any) -> None:
    assert with_defaults(value, only_defaults(schema)) == with_defaults(value, schema)
