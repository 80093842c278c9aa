"""Objects with every field that a structural schema knows: what a webhook is tried with."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib import import_module
from typing import Any

import pytest

from kconv._structural import check, full_objects, with_defaults
from kconv._structural.full_objects import MOST
from kconv._structural.validations import judge

Value = dict[str, Any]


def of_spec(required: tuple[str, ...] = (), /, **fields: Value) -> Value:
    return {"type": "object", "properties": fields, "required": list(required)}


def rules(*texts: str) -> Value:
    return {"x-kubernetes-validations": [{"rule": each} for each in texts]}


TEXT: Value = {"type": "string"}
NUMBER: Value = {"type": "integer"}
BOTH: Value = {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, TEXT]}
KEPT: Value = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
KIND: Value = {"type": "string", "enum": ["A", "B", "C"]}
NEEDS_A: Value = {"required": ["a"]}
NEEDS_B: Value = {"required": ["b"]}

CASES: dict[str, tuple[Value, int, list[str]]] = {
    # What is asked for, how many objects that takes, and what none of them can have.
    "single values": (
        of_spec(
            text=TEXT, number=NUMBER, real={"type": "number"}, yes={"type": "boolean"},
            long={**TEXT, "minLength": 40}, short={**TEXT, "maxLength": 2},
            least={**NUMBER, "minimum": 5000, "exclusiveMinimum": True},
            most={**NUMBER, "maximum": -3}, step={**NUMBER, "multipleOf": 7, "maximum": 30},
        ), 1, [],
    ),
    "formats": (
        of_spec(**{
            name.replace("-", ""): {**TEXT, "format": name}
            for name in ("byte", "cidr", "date", "date-time", "datetime", "duration", "email",
                         "hostname", "ipv4", "ipv6", "mac", "uri", "uuid", "password")
        }), 1, [],
    ),
    "patterns": (
        of_spec(**{
            f"p{at}": {**TEXT, "pattern": each}
            for at, each in enumerate((
                r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", r"^(?i)(Allow|deny)$", r"^[[:alpha:]]{3}\z",
                r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$", r"^v[1-9]\d*$",
            ))
        }), 1, [],
    ),
    # Kubernetes refuses a null of an enumeration.
    "an enumeration that says it may be null": (of_spec(kind={**KIND, "nullable": True}), 3, []),
    "several kinds of value": (
        of_spec(kind=KIND, port=BOTH, gone={**TEXT, "nullable": True}), 3, [],
    ),
    "lists": (
        of_spec(
            set={"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"},
            few={"type": "array", "items": {"type": "string", "enum": ["a"]}, "uniqueItems": True},
            many={"type": "array", "items": NUMBER, "minItems": 4},
            map={
                "type": "array", "items": of_spec(("name",), name=TEXT, more=of_spec(deep=TEXT)),
                "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            },
        ), 1, [],
    ),
    "maps and what no schema declares": (
        of_spec(
            map={"type": "object", "additionalProperties": of_spec(name=TEXT), "minProperties": 2},
            any={"type": "object", "additionalProperties": True}, kept=KEPT,
            inner={**KEPT, "x-kubernetes-embedded-resource": True},
        ), 1, [],
    ),
    "fields that exclude each other": (
        {**of_spec(a=TEXT, b=of_spec(c=TEXT), d=NUMBER, other=TEXT),
         "oneOf": [{"required": [each]} for each in "abd"]}, 3, [],
    ),
    "at most so many": ({**of_spec(a=TEXT, b=TEXT, c=TEXT, d=TEXT), "maxProperties": 2}, 2, []),
    "all but one value": (of_spec(a={**TEXT, "not": {"enum": ["aValue"]}}), 1, []),
    "a kind, and the fields of each": (
        {**of_spec(("kind",), kind=KIND, a=TEXT, b=TEXT),
         "oneOf": [
             {"properties": {"kind": {"enum": ["A"]}}, "required": ["a"], "not": NEEDS_B},
             {"properties": {"kind": {"enum": ["B"]}}, "required": ["b"], "not": NEEDS_A},
         ]}, 2, [],
    ),
    "rules": (
        {**of_spec(
            least=NUMBER, most=NUMBER, name={**TEXT, **rules("self.startsWith('x-')")},
            one=TEXT, other=TEXT, size={**NUMBER, **rules("self % 2 == 0")},
            list={"type": "array", "items": TEXT, **rules("self.size() == 1")},
         ),
         **rules("self.least <= self.most", "!(has(self.one) && has(self.other))",
                 "self == oldSelf")}, 2, [],
    ),
    "defaults that come back": (
        {**of_spec(mode={"type": "string", "enum": ["on", "off"], "default": "on"}, a=TEXT),
         **rules("self.mode == 'off' || !has(self.a)")}, 1, [],
    ),
    "what cannot be": (
        of_spec(
            a=TEXT, never={**TEXT, "minLength": 3, "maxLength": 2},
            within=of_spec(("no",), no={**NUMBER, "minimum": 3, "maximum": 2}, yes=TEXT),
            ruled={**TEXT, **rules("false")},
        ), 1, ["never", "ruled", "within"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "count", "left"), CASES.values(), ids=CASES)
def test_what_they_have(schema: Value, count: int, left: list[str]) -> None:
    """Every field, in as few objects as it takes; what cannot be is said, with the reason."""
    whole = {"type": "object", "properties": {"spec": schema}, "required": ["spec"]}
    found = full_objects(whole)
    assert sound(found.objects, whole) == []
    assert sorted(found.left_out) == [f"spec.{each}" for each in left]
    assert all(found.left_out.values())
    assert len(found.objects) == count, found.objects
    missing = {*declared(schema, "spec")} - {*covered(found.objects, whole)}
    assert all(each.startswith(tuple(found.left_out)) for each in missing), missing
    assert full_objects(deepcopy(whole)) == found, "the same ones each time"


def test_kinds_of_value() -> None:
    """Each in some object: a number and a text, null, and all of an enumeration."""
    schema = CASES["several kinds of value"][0]
    found = [each["spec"] for each in full_objects(of_spec(spec=schema)).objects]
    assert {each["kind"] for each in found} == {"A", "B", "C"}
    assert {type(each["port"]) for each in found} == {int, str}
    assert {type(each["gone"]) for each in found} == {str, type(None)}


def sound(objects: tuple[Value, ...], schema: Value) -> list[str]:
    """What the API server would say of them."""
    said = []
    for each in objects:
        assert with_defaults(each, schema) == each, "they have their defaults"
        said += [str(each) for each in check(each, schema)]
        said += [str(each) for each in judge(each, schema, is_new=True)]
    return said


def declared(schema: Value, path: str) -> Iterator[str]:
    for name, each in (schema.get("properties") or {}).items():
        yield f"{path}.{name}"
        yield from declared(each, f"{path}.{name}")
    for key, step in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(schema.get(key), dict):
            yield from declared(schema[key], f"{path}{step}")


def covered(value: Any, schema: Value, path: str = "") -> Iterator[str]:
    if isinstance(value, tuple | list):
        below = path if isinstance(value, tuple) else f"{path}[]"
        inner = schema if isinstance(value, tuple) else schema.get("items") or {}
        for each in value:
            yield from covered(each, inner, below)
    elif isinstance(value, dict):
        known = schema.get("properties") or {}
        others = schema.get("additionalProperties")
        for name, each in value.items():
            at = f"{path}.{name if name in known else '*'}".removeprefix(".")
            yield at
            within = known.get(name, others if isinstance(others, dict) else {})
            yield from covered(each, within, at)


def made_up(chance: random.Random, depth: int) -> Value:
    """A structural schema of whatever there is."""
    leaf = chance.choice(
        [TEXT, NUMBER, BOTH, KIND, {"type": "boolean"}, {**TEXT, "nullable": True}]
    )
    if depth == 0:
        return dict(leaf)
    kind = chance.choice(["object", "object", "list", "map", "leaf"])
    if kind == "list":
        return {"type": "array", "items": made_up(chance, depth - 1)}
    if kind == "map":
        return {"type": "object", "additionalProperties": made_up(chance, depth - 1)}
    if kind == "leaf":
        return dict(leaf)
    names = chance.sample("abcdef", chance.randint(1, 5))
    made = of_spec(**{each: made_up(chance, depth - 1) for each in names})
    made["required"] = chance.sample(names, chance.randint(0, 1))
    more: list[Value] = [
        {}, {}, {"oneOf": [{"required": [each]} for each in names]},
        {"anyOf": [{"required": [each]} for each in names]},
        {"not": {"required": names}}, {"maxProperties": 2},
        rules(f"!has(self.{names[0]}) || has(self.{names[-1]})"),
        rules(" || ".join(f"!has(self.{each})" for each in names)),
    ]  # fmt: skip
    return {**made, **chance.choice(more)}


def test_any_schema() -> None:
    """Whatever a schema says: no object breaks it, and no field is neither set nor named."""
    for seed in range(25):
        schema = of_spec(spec=made_up(random.Random(seed), 3))
        found = full_objects(schema)
        assert sound(found.objects, schema) == [], (seed, json.dumps(schema))
        missing = {*declared(schema, "")} - {f".{each}" for each in covered(found.objects, schema)}
        unsaid = [
            each for each in missing if not each.removeprefix(".").startswith(tuple(found.left_out))
        ]
        assert unsaid == [], (seed, json.dumps(schema), found)
        assert len(found.objects) <= MOST


def of_lists(depth: int, /, **more: Any) -> Value:
    found = TEXT
    for _ in range(depth):
        found = {"type": "array", "items": found, **more}
    return of_spec(lists=found, text=TEXT)


def of_objects(depth: int) -> Value:
    found = TEXT
    for _ in range(depth):
        found = of_spec(f=found)
    return of_spec(objects=found, text=TEXT)


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        pytest.param(of_lists(6, minItems=20), "too large", id="lists of lists"),
        pytest.param(of_lists(30), None, id="lists in lists"),
        pytest.param(of_objects(2000), "too deeply", id="objects in objects"),
        pytest.param(
            of_spec(long={**TEXT, "minLength": 10**12}, text=TEXT), "too long", id="a long text"
        ),
        pytest.param(
            of_spec(
                map={"type": "object", "additionalProperties": TEXT, "minProperties": 10**9},
                text=TEXT,
            ), "too large", id="many entries",
        ),
    ],
)  # fmt: skip
def test_what_a_schema_asks_for_without_end_is_left_out(
    monkeypatch: pytest.MonkeyPatch, schema: Value, why: str | None
) -> None:
    monkeypatch.setattr(import_module("kconv._structural.full_objects"), "LARGEST", 1000)
    full = full_objects(schema)
    assert any("text" in each for each in full.objects)
    said = [*full.left_out.values()]
    assert all(why is not None and why in each for each in said), said
    assert bool(said) is (why is not None)


class Looked(list[str]):
    """An enumeration that counts how often somebody goes through it."""

    looks = 0

    def __iter__(self) -> Iterator[str]:
        self.looks += 1
        return super().__iter__()

    def __contains__(self, value: object) -> bool:
        self.looks += 1
        return super().__contains__(value)


def looked_at(count: int, form: Callable[[Value], Value]) -> int:
    known = Looked(f"value-{at}" for at in range(count))
    found = full_objects(of_spec(spec=form({"type": "string", "enum": known})))
    assert len(found.objects) > 1
    return known.looks


@pytest.mark.parametrize(
    "form",
    [
        lambda kind: kind,
        lambda kind: of_spec(a=kind, b={"type": "array", "items": kind}),
        lambda kind: {**of_spec(a=kind, b=kind), **rules("self.a != self.b")},
        lambda kind: {**of_spec(a=kind, b=TEXT), "oneOf": [NEEDS_A, NEEDS_B]},
    ],
    ids=["one", "several", "a rule", "combined"],
)  # fmt: skip
def test_a_long_enumeration_is_not_gone_through_for_each_of_its_values(
    form: Callable[[Value], Value],
) -> None:
    few = looked_at(100, form)
    assert looked_at(600, form) == few
    assert few < 300


def test_a_schema_that_nothing_fits_says_why() -> None:
    never = {**of_spec(text=TEXT), "x-kubernetes-validations": [{"rule": "1 > 2"}]}
    full = full_objects(never)
    assert not full.objects
    assert "1 > 2" in full.left_out["text"]
