"""What the pipeline promises, whichever engine it has, and whichever way through it is taken."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from engine.sample import pipeline, widget
from engine.test_edges import rules
from kconv._codec.limits import LIMIT
from kconv._errors import (
    ConversionError,
    DecodeError,
    InvalidObject,
    StrictDecodeError,
    TooLarge,
)
from kconv._gvk import GroupVersion
from kconv._paths import invalid
from kconv._pipeline import Pipeline, PlainEngine, converts_to
from kconv._pipeline.compiled import CompiledEngine
from kconv._resource import Hub, Resource
from kconv._schema import Type, validates_update
from kconv._scheme import Scheme
from kconv.edges import Edge, Functions, Lose
from kconv.fields import Double, List, Map, Object, String

V1, V2 = (GroupVersion("example.com", version) for version in ("v1", "v2"))


@pytest.fixture(params=[PlainEngine, CompiledEngine])
def widgets(request: pytest.FixtureRequest) -> Pipeline:
    return Pipeline(pipeline(*rules()).scheme, request.param())


def stored(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


def test_rules_are_looked_at_after_a_trusted_object_too(widgets: Pipeline) -> None:
    data = stored(widget("v1", {"size": -1, "ports": [{"port": 0}]}))
    for to in (V1, V2):
        for _ in range(2):
            assert widgets.convert(data, to, trusted=True)
            with pytest.raises(InvalidObject, match=r"spec.size"):
                widgets.convert(data, to)


def test_no_more_bytes_than_the_limit(widgets: Pipeline) -> None:
    value = stored(widget("v1", {"size": 1}))
    fits, larger = (value + b" " * (size - len(value)) for size in (LIMIT, LIMIT + 1))
    assert widgets.convert(fits, V2) == widgets.convert(value, V2)
    assert widgets.decode(fits).value == widgets.decode(value).value
    with pytest.raises(TooLarge):
        widgets.convert(larger, V2)
    with pytest.raises(TooLarge):
        widgets.decode(larger)


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        (b'"size": 1', b'"size": 1, "from": 1', "unknown field"),
        (b'"size": 1', b'"size": 2, "size": 1', "duplicate field"),
    ],
)
def test_converting_judges_fields_as_it_is_told(
    widgets: Pipeline, old: bytes, new: bytes, refused: str
) -> None:
    data = stored(widget("v1", {"size": 1}))
    expected = widgets.convert(data, V2)
    data = data.replace(old, new)
    assert widgets.convert(data, V2) == expected
    assert widgets.convert(data, V2, field_validation="Warn") == expected
    with pytest.raises(StrictDecodeError, match=refused):
        widgets.convert(data, V2, field_validation="Strict")
    decoded = widgets.decode(data, field_validation="Warn")
    (warning,) = widgets.convert_decoded(decoded, V2).warnings
    assert warning.startswith(refused)


@pytest.mark.parametrize(
    "head",
    [
        b'{"kind": "Widget", "kind": "Widget", "apiVersion": "example.com/v1"',
        b'{"apiVersion": "example.com/v2", "apiVersion": "example.com/v1", "kind": "Widget"',
        b'{"kind": "Other", "apiVersion": "example.com/v1", "kind": "Widget"',
        b'{"metadata": {"name": "w"}, "kind": "Widget", "apiVersion": "example.com/v1"',
    ],
)
def test_what_is_said_last_is_the_version(widgets: Pipeline, head: bytes) -> None:
    data = head + b', "metadata": {"name": "w"}, "spec": {"mode": "Quick"}}'
    for _ in range(2):
        assert widgets.decode(data).spoke.api_version == "example.com/v1"
        assert json.loads(widgets.convert(data, V2))["spec"]["modeName"] == "Fast"


def test_a_document_that_is_refused_is_left_as_it_was(widgets: Pipeline) -> None:
    value = widget("v1", {"size": "1", "mode": 5, "ports": [{"port": "x"}, "y", {}]})
    before = copy.deepcopy(value)
    with pytest.raises(DecodeError):
        widgets.load(value)
    assert value == before


def test_whole_numbers_are_read_as_they_were_stored(widgets: Pipeline) -> None:
    """Kubernetes takes ``5.0`` from nobody, but what is stored already is read."""
    data = stored(widget("v1", {"size": 5.0, "mode": None}))
    assert widgets.decode(data, trusted=True).value["spec"] == {"size": 5}
    assert widgets.load(json.loads(data), trusted=True).value["spec"] == {"size": 5}
    for version in (V1, V2):
        assert json.loads(widgets.convert(data, version, trusted=True))["spec"]["size"] == 5
        with pytest.raises(DecodeError, match=r"spec\.size"):
            widgets.convert(data, version)
    with pytest.raises(DecodeError, match=r"spec\.size"):
        widgets.decode(data)


def test_an_object_of_a_hub_has_the_versions_of_its_kind(widgets: Pipeline) -> None:
    other = pipeline(*rules()).scheme.kinds[0].spokes[0]
    hub = widgets.to_hub(widgets.load(widget("v1", {})))
    with pytest.raises(ConversionError, match="has no version"):
        widgets.from_hub(hub, other)


def test_annotations_that_were_empty_are_not_lost(widgets: Pipeline) -> None:
    spec = {"size": 1, "strict": False, "extra": {"k": "v"}}
    decoded = widgets.load(widget("v2", spec, annotations={}))
    spoke = decoded.spoke.kind.spoke_for(V1)
    assert spoke is not None
    assert converts_to(widgets, decoded, spoke)[1] == []


class Inner(Type):
    name = String()


class Outer(Type):
    inner = Object(Inner)
    inners = List(Object(Inner))
    more = Map(Double())


@pytest.mark.parametrize("engine", [PlainEngine, CompiledEngine])
def test_rules_about_changes_within_objects(engine: type[PlainEngine]) -> None:
    class Named(Type):
        name = String()

    @validates_update(Named)
    def fixed(new: dict[str, Any], old: dict[str, Any]) -> Any:
        if new != old:
            yield invalid(("name",), new.get("name"), "is immutable")

    class Holding(Type):
        named = Object(Named)

    made, without = (Pipeline(_plates(of), engine()) for of in (Holding, Outer))
    (spoke, _), (free, _) = made.scheme.kinds[0].spokes, without.scheme.kinds[0].spokes
    assert made.judges_updates(spoke)
    assert not without.judges_updates(free)
    old, new = (made.load(_plate({"named": {"name": each}})) for each in "ab")
    made.check_update(old, old)
    with pytest.raises(InvalidObject, match=r"spec\.named\.name: .*is immutable"):
        made.check_update(new, old)


def _plate(spec: dict[str, Any]) -> dict[str, Any]:
    head = {"apiVersion": "example.com/v1", "kind": "Plate", "metadata": {"name": "p"}}
    return {**head, "spec": spec}


def _plates(spec_type: type[Type], *given: Any, hub_type: type[Type] | None = None) -> Scheme:
    """A kind of two versions that are alike; its hub may have a spec of another type."""

    class PlateV1(Resource):
        class Meta:
            group, version, kind = "example.com", "v1", "Plate"

        spec = Object(spec_type)

    class PlateV2(Resource):
        class Meta:
            group, version, kind = "example.com", "v2", "Plate"

        spec = Object(spec_type)

    class Plate(Hub):
        class Meta:
            group = "example.com"

        spec = Object(hub_type or spec_type)

    scheme = Scheme()
    scheme.add(Plate, Edge(PlateV1, *given), Edge(PlateV2, *given), storage="example.com/v1")
    return scheme.freeze()


class Less(Type):
    inners = List(Object(Inner))
    more = Map(Double())


def test_versions_of_the_same_fields_lose_what_the_hub_has_no_place_for() -> None:
    value = _plate({"inner": {"name": "a"}, "inners": [{"name": "b"}]})
    lose = Lose(spoke=("spec.inner",), reason="the hub has nothing like it")
    scheme = _plates(Outer, lose, hub_type=Less)
    for engine in (PlainEngine, CompiledEngine):
        made = Pipeline(scheme, engine())
        for to in (V1, V2):
            there = json.loads(made.convert(stored(value), to))
            assert there["spec"] == {"inners": [{"name": "b"}]}
            assert there["apiVersion"] == str(to)


def test_what_rules_make_is_brought_to_the_form_of_decoded_values() -> None:
    def untidy(source: dict[str, Any], target: dict[str, Any]) -> None:
        target["spec"] = {
            "inner": {"name": None, "nothing": 1},
            "inners": [None, {"name": "a", "other": []}],
            "more": None,
            "nothing": {},
        }
        target["nothing"] = 1

    rule = Functions(spoke=("spec",), hub=("spec",), to_hub=untidy, to_spoke=untidy)
    for engine in (PlainEngine, CompiledEngine):
        made = Pipeline(_plates(Outer, rule), engine())
        decoded = made.load(_plate({}))
        hub = made.to_hub(decoded)
        assert hub.value["spec"] == {"inner": {}, "inners": [{}, {"name": "a"}]}
        assert made.from_hub(hub, decoded.spoke).value == _plate(hub.value["spec"])


def test_to_the_version_that_it_has_an_object_goes_through_the_hub() -> None:
    def rename(source: dict[str, Any], target: dict[str, Any]) -> None:
        target["spec"]["inner"] = {"name": source["spec"]["inner"]["name"] + "!"}

    rule = Functions(spoke=("spec.inner",), hub=("spec.inner",), to_hub=rename, to_spoke=rename)
    for engine in (PlainEngine, CompiledEngine):
        made = Pipeline(_plates(Outer, rule), engine())
        decoded = made.load(_plate({"inner": {"name": "a"}}))
        converted, lost = converts_to(made, decoded, decoded.spoke)
        assert converted.value["spec"] == {"inner": {"name": "a!!"}}
        assert [str(each) for each in lost] == ['spec.inner.name: "a" would become "a!!!!"']


def test_what_the_hub_cannot_hold_stays_in_the_version_that_has_it() -> None:
    lose = Lose(spoke=("spec.inner",), reason="the hub has nothing like it")
    for engine in (PlainEngine, CompiledEngine):
        made = Pipeline(_plates(Outer, lose, hub_type=Less), engine())
        decoded = made.load(_plate({"inner": {"name": "a"}}))
        assert converts_to(made, decoded, decoded.spoke) == (decoded, [])
