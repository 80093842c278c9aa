"""Combined schemas (``anyOf``, ``oneOf``, ``allOf``, ``not``), in the words of a Kubernetes 1.36.4."""

# ruff: noqa: E501  # what it said, each on a line

from __future__ import annotations

from typing import Any

import pytest

from kconv._structural import check

Value = dict[str, Any]
TEXT: Value = {"type": "string"}
NUMBER: Value = {"type": "integer"}


def of(**fields: Value) -> Value:
    return {"type": "object", "properties": fields}


def needs(name: str, **more: Any) -> Value:
    return {"required": [name], **more}


EITHER = [needs("a"), needs("b")]
SCHEMA = of(
    spec=of(
        any={**of(a=TEXT, b=TEXT), "anyOf": EITHER},
        one={
            **of(a=TEXT, b=TEXT, c=NUMBER),
            "oneOf": [*EITHER, needs("c", properties={"c": {"minimum": 3}})],
        },
        no={**of(a=TEXT), "not": needs("a")},
        all={**of(a=TEXT, b=TEXT), "allOf": EITHER},
        txt={**TEXT, "anyOf": [{"minLength": 4}, {"pattern": "^x"}]},
        list={"type": "array", "items": {**of(a=TEXT, b=TEXT), "oneOf": EITHER}},
        port={"x-kubernetes-int-or-string": True, "anyOf": [NUMBER, TEXT]},
        deep={
            **of(x=of(k=TEXT, v=NUMBER)),
            "oneOf": [
                {"properties": {"x": {"properties": {"k": {"enum": ["A"]}, "v": {"minimum": 10}}}}},
                {"properties": {"x": needs("v", properties={"k": {"enum": ["B"]}})}},
            ],
        },
    )
)
SAID: list[tuple[Value, list[str]]] = [
    (
        {"any": {}},
        [
            '<nil>: Invalid value: "": "spec.any" must validate at least one schema (anyOf)',
            "spec.any.a: Required value",
        ],
    ),
    (
        {"one": {}},
        [
            '<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found none valid',
            "spec.one.a: Required value",
        ],
    ),
    (
        {"one": {"a": "x", "b": "y"}},
        [
            '<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives'
        ],
    ),
    (
        {"one": {"c": 1}},
        [
            '<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found none valid',
            "spec.one.c: Invalid value: 1: spec.one.c in body should be greater than or equal to 3",
        ],
    ),
    (
        {"no": {"a": "x"}},
        ['<nil>: Invalid value: "": "spec.no" must not validate the schema (not)'],
    ),
    (
        {"all": {}},
        [
            "spec.all.a: Required value",
            "spec.all.b: Required value",
            '<nil>: Invalid value: "": "spec.all" must validate all the schemas (allOf). None validated',
        ],
    ),
    (
        {"all": {"a": "x"}},
        [
            "spec.all.b: Required value",
            '<nil>: Invalid value: "": "spec.all" must validate all the schemas (allOf)',
        ],
    ),
    (
        {"txt": "abc"},
        [
            '<nil>: Invalid value: "": "spec.txt" must validate at least one schema (anyOf)',
            'spec.txt: Invalid value: "abc": spec.txt in body should be at least 4 chars long',
        ],
    ),
    (
        {"list": [{"a": "x"}, {}]},
        [
            '<nil>: Invalid value: "": "spec.list[1]" must validate one and only one schema (oneOf). Found none valid',
            "spec.list[1].a: Required value",
        ],
    ),
    (
        {"list": [{"a": "x", "b": "y"}]},
        [
            '<nil>: Invalid value: "": "spec.list[0]" must validate one and only one schema (oneOf). Found 2 valid alternatives'
        ],
    ),
    (
        {"port": True},
        [
            'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
            '<nil>: Invalid value: "": "spec.port" must validate at least one schema (anyOf)',
            'spec.port: Invalid value: "boolean": spec.port in body must be of type integer: "boolean"',
        ],
    ),
    (
        {"deep": {"x": {"k": "C", "v": 3}}},
        [
            '<nil>: Invalid value: "": "spec.deep" must validate one and only one schema (oneOf). Found none valid',
            'spec.deep.x.k: Unsupported value: "C": supported values: "A"',
            "spec.deep.x.v: Invalid value: 3: spec.deep.x.v in body should be greater than or equal to 10",
        ],
    ),
    ({"deep": {"x": {"k": "A"}}}, []),
    (
        {"deep": {"x": {"k": "B"}}},
        [
            '<nil>: Invalid value: "": "spec.deep" must validate one and only one schema (oneOf). Found none valid',
            'spec.deep.x.k: Unsupported value: "B": supported values: "A"',
        ],
    ),
    (
        {"any": {}, "no": {"a": "y"}},
        [
            '<nil>: Invalid value: "": "spec.any" must validate at least one schema (anyOf)',
            "spec.any.a: Required value",
            '<nil>: Invalid value: "": "spec.no" must not validate the schema (not)',
        ],
    ),
    (
        {"one": {"a": "x", "b": "y", "c": 5}},
        [
            '<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 3 valid alternatives'
        ],
    ),
]


@pytest.mark.parametrize(("spec", "said"), SAID)
def test_the_words_of_kubernetes(spec: Value, said: list[str]) -> None:
    assert [str(each) for each in check({"spec": spec}, SCHEMA)] == said
