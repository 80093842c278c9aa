"""Defaults of structural schemas, as the API server fills them in."""

from __future__ import annotations

from typing import Any

import pytest

from kconv._cluster.defaults import with_defaults

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
        ({"items": INNER}, [{}, {"a": 5}], [{"a": 1}, {"a": 5}]),
        ({"additionalProperties": INNER}, {"k": {}}, {"k": {"a": 1}}),
        ({"properties": {"x": INNER}}, {"x": "text"}, {"x": "text"}),
        ({"x-kubernetes-preserve-unknown-fields": True}, {"k": {}}, {"k": {}}),
    ],
)  # fmt: skip
def test_defaults(schema: dict[str, Any], value: Any, expected: Any) -> None:
    assert with_defaults(value, schema) == expected


def test_one_default_is_not_shared() -> None:
    schema: dict[str, Any] = {"properties": {"x": {"default": {"l": []}}}}
    one, other = with_defaults({}, schema), with_defaults({}, schema)
    one["x"]["l"].append(1)
    assert other == {"x": {"l": []}}
