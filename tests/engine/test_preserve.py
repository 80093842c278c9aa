"""Kept values are text that anybody can write: only sound ones come back, in both engines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kconv._codec import DEPTH
from kconv._errors import ConversionError
from kconv._gvk import GroupVersion
from kconv._nesting import nests_deeper
from kconv._pipeline import Pipeline, PlainEngine
from kconv._pipeline.compiled import CompiledEngine
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv.edges import Edge, Preserve, Wrap
from kconv.edges._annotation import ANNOTATIONS_LIMIT
from kconv.fields import Double, FreeForm, Int32, Integer, List, Object, Quantity, String

KEPT = "kconv.dev/preserved-fields"


class OldInner(Type):
    name = String(required=True)


class Inner(Type):
    name = String(required=True)
    l = List(Integer(), max_items=2)  # noqa: E741 - a short name for a list


class OldSpec(Type):
    o = Object(OldInner)
    first = String()


class Spec(Type):
    o = Object(Inner)
    all = List(String(enum=("a", "b")))
    kept = Int32(minimum=1)
    ratio = Double()
    size = Quantity()
    free = FreeForm()
    whole = Object(Inner)


class SheetV1(Resource):
    class Meta:
        group = "example.com"
        version = "v1"
        kind = "Sheet"

    spec = Object(OldSpec, load_default=dict)


class SheetV2(Resource):
    class Meta:
        group = "example.com"
        version = "v2"
        kind = "Sheet"

    spec = Object(Spec, load_default=dict)


class Sheet(Hub):
    class Meta:
        group = "example.com"

    spec = Object(Spec)


class Plate(Hub):
    class Meta:
        group = "plates.example.com"

    kept = String()


class PlateV1(Resource):
    class Meta:
        group = "plates.example.com"
        version = "v1"
        kind = "Plate"


PATHS = ("spec.o.l", "spec.kept", "spec.ratio", "spec.size", "spec.free", "spec.whole")


@pytest.fixture(params=[PlainEngine, CompiledEngine])
def sheets(request: pytest.FixtureRequest) -> Pipeline:
    rules = [*map(Preserve, PATHS), Wrap("spec.first", "spec.all")]
    scheme = Scheme()
    scheme.add(Sheet, Edge(SheetV1, *rules), Edge(SheetV2), storage="example.com/v2")
    return Pipeline(scheme, request.param())


def document(version: str, spec: dict[str, Any], annotations: dict[str, str]) -> bytes:
    metadata = {"name": "s", **({"annotations": annotations} if annotations else {})}
    head = {"apiVersion": f"example.com/{version}", "kind": "Sheet", "metadata": metadata}
    return json.dumps({**head, "spec": spec}).encode()


def newer(sheets: Pipeline, text: str, spec: dict[str, Any]) -> dict[str, Any]:
    """What becomes in v2 of a v1 object with this annotation; v2 must find it valid."""
    data = sheets.convert(document("v1", spec, {KEPT: text}), GroupVersion("example.com", "v2"))
    sheets.decode(data, checks="fields")
    value: dict[str, Any] = json.loads(data)
    assert value["metadata"] == {"name": "s"}
    return dict(value["spec"])


@pytest.mark.parametrize(
    "text",
    [
        '{"spec.kept":"abc"}',
        '{"spec.kept":true}',
        '{"spec.kept":{"x":1}}',
        '{"spec.kept":null}',
        '{"spec.kept":0}',
        '{"spec.kept":4294967296}',
        '{"spec.kept":1180591620717411303424}',
        '{"spec.ratio":NaN}',
        '{"spec.ratio":1e999}',
        '{"spec.ratio":-Infinity}',
        '{"spec.size":"much"}',
        '{"spec.free":{"a":"\\ud800"}}',
        '{"spec.free":{"\\ud800":1}}',
        '{"spec.free":' + "[" * 300 + "]" * 300 + "}",
        '{"spec.whole":[]}',
        '{"spec.whole":{}}',
        '{"spec.whole":{"name":"n","l":[1,2,3]}}',
        '{"spec.whole":{"name":"n","l":{}}}',
        '{"\\ud800":1}',
    ],
)
def test_what_the_field_cannot_hold_is_ignored(sheets: Pipeline, text: str) -> None:
    assert newer(sheets, text, {}) == {}


def test_other_values_come_back_all_the_same(sheets: Pipeline) -> None:
    text = '{"spec.kept":"abc","spec.ratio":NaN,"spec.free":{"a":null},"spec.size":"1000m"}'
    assert newer(sheets, text, {}) == {"free": {"a": None}, "size": "1"}


def test_what_is_left_for_other_rules_can_be_written(sheets: Pipeline) -> None:
    data = document("v1", {}, {KEPT: '{"other":"\\ud800","mine":1,"spec.kept":3}'})
    value = json.loads(sheets.convert(data, GroupVersion("example.com", "v2")))
    assert value["metadata"]["annotations"] == {KEPT: '{"mine":1}'}
    assert value["spec"] == {"kept": 3}


def test_a_field_does_not_bring_back_the_object_it_was_in(sheets: Pipeline) -> None:
    text = '{"spec.o.l":[1]}'
    assert newer(sheets, text, {}) == {}
    assert newer(sheets, text, {"o": {"name": "n"}}) == {"o": {"name": "n", "l": [1]}}


def test_the_rest_of_a_list(sheets: Pipeline) -> None:
    assert newer(sheets, '{"spec.all[1:]":["b"]}', {"first": "a"}) == {"all": ["a", "b"]}
    for rest in ("5", "[5]", '["z"]', "{}"):
        assert newer(sheets, f'{{"spec.all[1:]":{rest}}}', {"first": "a"}) == {"all": ["a"]}


def test_round_trip(sheets: Pipeline) -> None:
    spec = {
        "o": {"name": "n", "l": [1, 2]},
        "all": ["a", "b"],
        "kept": 3,
        "ratio": 0.5,
        "size": "1",
        "free": {"a": [None]},
        "whole": {"name": "w"},
    }
    old = sheets.convert(document("v2", spec, {}), GroupVersion("example.com", "v1"))
    assert json.loads(sheets.convert(old, GroupVersion("example.com", "v2")))["spec"] == spec


def test_one_rule_in_the_edges_of_two_kinds() -> None:
    class Cup(Hub):
        class Meta:
            group = "cups.example.com"

        kept = Integer()

    class CupV1(Resource):
        class Meta:
            group = "cups.example.com"
            version = "v1"
            kind = "Cup"

    rule = Preserve("kept")
    scheme = Scheme()
    scheme.add(Plate, Edge(PlateV1, rule), storage="plates.example.com/v1")
    scheme.add(Cup, Edge(CupV1, rule), storage="cups.example.com/v1")
    pipeline = Pipeline(scheme, PlainEngine())
    for kind, text, found in (("Plate", "x", "x"), ("Cup", "x", None), ("Cup", 1, 1)):
        value = {
            "apiVersion": f"{kind.lower()}s.example.com/v1",
            "kind": kind,
            "metadata": {"annotations": {KEPT: json.dumps({"kept": text})}},
        }
        assert pipeline.to_hub(pipeline.load(value)).value.get("kept") == found


def test_all_that_can_be_read_again_is_kept_and_no_more(sheets: Pipeline) -> None:
    for levels in range(DEPTH - 4, DEPTH + 1):
        value: dict[str, Any] = {}
        for _ in range(levels - 1):
            value = {"x": value}
        fits = not nests_deeper({"spec": {"free": value}}, DEPTH)
        spec = newer(sheets, json.dumps({"spec.free": value}), {})
        assert spec == ({"free": value} if fits else {})
    assert newer(sheets, '{"spec.free":null}', {}) == {}


@pytest.mark.parametrize("letter", ["a", "\u00e4"])
def test_annotations_may_be_as_large_as_kubernetes_lets_them(letter: str) -> None:
    rule = Preserve("free", annotation="kept")
    around = len("kept" + json.dumps({"free": ""}, separators=(",", ":"))) + len("own" + letter)
    around += len(letter.encode()) - len(letter)
    for more in (0, 1):
        spoke: dict[str, Any] = {"metadata": {"annotations": {"own": letter}}}
        hub = {"free": "b" * (ANNOTATIONS_LIMIT - around + more)}
        if more:
            with pytest.raises(ConversionError, match=f"would have {ANNOTATIONS_LIMIT + 1} bytes"):
                rule.to_spoke(hub, spoke)
        else:
            rule.to_spoke(hub, spoke)
            assert {*spoke["metadata"]["annotations"]} == {"own", "kept"}
