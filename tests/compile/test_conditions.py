"""When computed defaults are called, and what derived ones may make: the same in both engines."""

from __future__ import annotations

from typing import Any

import pytest

from compile.local import V2, engines, thing
from kconv._errors import FunctionFailed, InvalidObject
from kconv._paths import Finding
from kconv._pipeline import Pipeline
from kconv._schema import Type, defaults, derives, validates
from kconv.fields import Int32, List, Map, Object, Quantity, String


def types() -> type[Type]:
    class Part(Type):
        name = String()
        tags = List(String())

    class Spec(Type):
        a = String()
        b = Int32()
        words = List(String())
        labels = Map(String())
        part = Object(Part)
        parts = List(Object(Part))
        size = Quantity()
        text = String()
        number = Int32()
        called = String()

    return Spec


FULL: dict[str, Any] = {"part": {"name": "x", "tags": ["t"]}, "words": ["w"], "labels": {"k": "v"}}

CONDITIONS: dict[str, tuple[dict[str, Any], list[tuple[dict[str, Any], bool]]]] = {
    "always": ({}, [({}, True), (FULL, True)]),
    "when": (
        {"when": ("a",)},
        [({}, False), ({"a": "1"}, True), ({"a": ""}, True), ({"a": None}, False)],
    ),
    "when any": (
        {"when": ("a", "b")},
        [({}, False), ({"a": "1"}, True), ({"b": 0}, True), ({"a": "1", "b": 1}, True)],
    ),
    "unless": (
        {"unless": ("a",)},
        [({}, True), ({"a": "1"}, False), ({"a": ""}, False), ({"a": None}, True)],
    ),
    "unless any": (
        {"unless": ("a", "b")},
        [({}, True), ({"a": "1"}, False), ({"b": 0}, False), ({"a": "1", "b": 1}, False)],
    ),
    "lacking": (
        {"lacking": ("part.name",)},
        [({}, True), ({"part": {}}, True), ({"part": {"name": ""}}, False), (FULL, False)],
    ),
    "lacking any": (
        {"lacking": ("part.name", "a")},
        [({"a": "1"}, True), (FULL, True), ({**FULL, "a": "1"}, False), ({}, True)],
    ),
    "empty": (
        {"empty": ("words",)},
        [({}, True), ({"words": []}, True), ({"words": ["w"]}, False), ({"words": None}, True)],
    ),
    "empty map": ({"empty": ("labels",)}, [({"labels": {}}, True), (FULL, False)]),
    "empty text": ({"empty": ("a",)}, [({"a": ""}, True), ({"a": "1"}, False), ({}, True)]),
    "empty within": (
        {"empty": ("part.tags",)},
        [
            ({}, True),
            ({"part": {}}, True),
            ({"part": {"tags": []}}, True),
            ({"part": {"tags": ["t"]}}, False),
        ],
    ),
    "lacking or empty": (
        {"lacking": ("part.name",), "empty": ("words",)},
        [(FULL, False), ({**FULL, "words": []}, True), ({**FULL, "part": {}}, True)],
    ),
    "when and unless": (
        {"when": ("a",), "unless": ("b",)},
        [({}, False), ({"a": "1"}, True), ({"b": 1}, False), ({"a": "1", "b": 1}, False)],
    ),
    "when and lacking": (
        {"when": ("a",), "lacking": ("part.name",)},
        [({}, False), ({"a": "1"}, True), (FULL, False), ({**FULL, "a": "1"}, False)],
    ),
    "unless and empty": (
        {"unless": ("a",), "empty": ("words",)},
        [({}, True), ({"a": "1"}, False), (FULL, False), ({**FULL, "a": "1"}, False)],
    ),
}


def from_bytes(pipeline: Pipeline, spec: dict[str, Any]) -> Any:
    return pipeline.decode(thing(spec)).value["spec"]


@pytest.mark.parametrize("name", CONDITIONS)
def test_computed_defaults_are_called(name: str) -> None:
    conditions, cases = CONDITIONS[name]
    spec = types()

    @defaults(spec, **conditions)
    def call(value: dict[str, Any]) -> None:
        value["called"] = "yes"

    for pipeline in engines(spec):
        for value, called in cases:
            assert ("called" in from_bytes(pipeline, value)) is called, value


def exclaim(a: str | None) -> str:
    return f"{a or 'none'}!"


def only_b(a: str | None) -> str | None:
    return "B" if a == "b" else None


def both(a: str | None, b: int | None) -> str:
    return f"{a}{b}"


DERIVED: dict[str, tuple[Any, dict[str, Any], list[tuple[dict[str, Any], str | None]]]] = {
    "where it is empty": (
        exclaim,
        {"of": ("a",)},
        [
            ({}, "none!"),
            ({"a": "x"}, "x!"),
            ({"a": "x", "text": "own"}, "own"),
            ({"a": "x", "text": ""}, "x!"),
            ({"a": "x", "text": None}, "x!"),
        ],
    ),
    "in any case": (
        exclaim,
        {"of": ("a",), "replace": True},
        [({}, "none!"), ({"a": "x", "text": "own"}, "x!"), ({"a": "x", "text": ""}, "x!")],
    ),
    "when": (
        exclaim,
        {"of": ("a",), "when": ("a", "b")},
        [({}, None), ({"text": "own"}, "own"), ({"a": "x"}, "x!"), ({"b": 1}, "none!")],
    ),
    "in any case, when": (
        exclaim,
        {"of": ("a",), "when": ("b",), "replace": True},
        [({"text": "own"}, "own"), ({"b": 1, "text": "own"}, "none!")],
    ),
    "or not": (
        only_b,
        {"of": ("a",)},
        [({}, None), ({"a": "b"}, "B"), ({"a": "x", "text": "own"}, "own")],
    ),
    "or not, in any case": (
        only_b,
        {"of": ("a",), "replace": True},
        [({"a": "x", "text": "own"}, None), ({"a": "b", "text": "own"}, "B")],
    ),
    "of several": (both, {"of": ("a", "b")}, [({"a": "x", "b": 1}, "x1"), ({}, "NoneNone")]),
}


@pytest.mark.parametrize("name", DERIVED)
def test_derived_defaults_are_called(name: str) -> None:
    function, conditions, cases = DERIVED[name]
    spec = types()
    derives(spec, field="text", **conditions)(function)
    for pipeline in engines(spec):
        for value, made in cases:
            assert from_bytes(pipeline, value).get("text") == made, value
            assert b"null" not in pipeline.convert(thing(value), V2)


@pytest.mark.parametrize("of", [("a",), ("a", "b"), ()])
@pytest.mark.parametrize(
    ("field", "made"),
    [
        ("text", 5),
        ("text", ["x"]),
        ("text", {"x": "y"}),
        ("number", "5"),
        ("number", 2**40),
        ("number", True),
        ("words", "x"),
        ("words", [1]),
        ("words", {"x": "y"}),
        ("labels", ["x"]),
        ("labels", {"x": 1}),
        ("parts", [{"name": 1}]),
        ("parts", ["x"]),
        ("size", "1 apple"),
    ],
)
def test_a_derived_default_of_a_wrong_type_is_refused(
    field: str, made: object, of: tuple[str, ...]
) -> None:
    spec = types()

    @derives(spec, field=field, of=of)
    def wrong(*given: object) -> object:
        return made

    plain, compiled = (_refusal(pipeline) for pipeline in engines(spec))
    assert plain == compiled
    assert plain[1] == [field]


def _refusal(pipeline: Pipeline) -> tuple[str, list[object]]:
    with pytest.raises(FunctionFailed, match=r"wrong of .* does not decode") as caught:
        pipeline.decode(thing({"a": "x"}))
    return caught.value.message, [each.path[0] for each in caught.value.findings]


@pytest.mark.parametrize(
    ("field", "made", "settled"),
    [
        ("size", "1000m", "1"),
        ("words", ["x", None], ["x", ""]),
        ("labels", {"x": None}, {"x": ""}),
        ("parts", [{"name": None, "nothing": 1}, None], [{}, {}]),
    ],
)
def test_what_is_derived_has_the_form_of_decoded_values(
    field: str, made: object, settled: object
) -> None:
    spec = types()
    derives(spec, field=field)(lambda: made)
    for pipeline in engines(spec):
        assert from_bytes(pipeline, {})[field] == settled


@pytest.mark.parametrize(
    "field", [String(enum=("a", "b")), String(min_length=1), String(pattern="[a-z]")]
)
def test_what_is_derived_takes_the_place_of_an_empty_text_that_is_not_allowed(
    field: String,
) -> None:
    spec = type("Spec", (Type,), {"a": field})
    derives(spec, field="a")(lambda: "a")
    for pipeline in engines(spec):
        assert from_bytes(pipeline, {"a": ""}) == {"a": "a"}
        assert from_bytes(pipeline, {"a": "b"}) == {"a": "b"}


def test_a_list_of_a_derived_default_is_empty_or_has_elements() -> None:
    spec = type("Spec", (Type,), {"a": List(String(), min_items=2)})
    derives(spec, field="a")(lambda: ["x", "y"])
    for pipeline in engines(spec):
        assert from_bytes(pipeline, {"a": []}) == {"a": ["x", "y"]}
        assert from_bytes(pipeline, {"a": None}) == {"a": ["x", "y"]}
        assert from_bytes(pipeline, {}) == {"a": ["x", "y"]}


def test_what_derives_a_field_changes_no_other() -> None:
    spec = types()

    @derives(spec, field="text", of=("words", "part", "parts", "labels"))
    def greedy(words: Any, part: Any, parts: Any, labels: Any) -> str:
        words.append("more")
        part["tags"].append("more")
        parts[0].clear()
        labels.clear()
        return "made"

    given = {**FULL, "parts": [{"name": "y"}]}
    for pipeline in engines(spec):
        assert from_bytes(pipeline, given) == {**given, "text": "made"}


def test_rules_about_the_object_itself() -> None:
    spec = types()

    @validates(spec)
    def whole(value: dict[str, Any]) -> Any:
        if "a" in value:
            yield Finding((), "FieldValueInvalid", "is refused as a whole")
            yield Finding(("nothing",), "FieldValueInvalid", "is no field")

    for pipeline in engines(spec):
        pipeline.decode(thing({}))
        with pytest.raises(InvalidObject) as caught:
            pipeline.decode(thing({"a": "x"}))
        assert [each.path for each in caught.value.findings] == [("spec",), ("spec", "nothing")]
