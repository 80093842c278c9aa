"""Converting from bytes to bytes in one step: where it is done, and that they give the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from msgspec import UNSET

from kconv._compile import structural
from kconv._errors import ConversionError, KconvError
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline, PlainEngine
from kconv._pipeline.compiled import CompiledEngine, same_shape
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv.edges import Edge, Functions
from kconv.fields import Object, String

V1, V2, V3 = (GroupVersion("ways.example.com", version) for version in ("v1", "v2", "v3"))


class Spec(Type):
    one = String()
    two = String()


class WayV1(Resource):
    class Meta:
        group, version, kind = "ways.example.com", "v1", "Way"

    spec = Object(Spec, load_default=dict)
    extra = String()


class WayV2(WayV1):
    class Meta:
        group, version, kind = "ways.example.com", "v2", "Way"


class WayV3(Resource):
    class Meta:
        group, version, kind = "ways.example.com", "v3", "Way"

    extra = String()
    spec = Object(Spec, load_default=dict)


class WayHub(Hub):
    class Meta:
        group, kind = "ways.example.com", "Way"

    spec = Object(Spec)
    extra = String()


def fail(one: object, other: object) -> None:
    raise KeyError("what")


def scheme(*rules: Functions) -> Scheme:
    made = Scheme()
    edges = (Edge(WayV1), Edge(WayV2, *rules), Edge(WayV3))
    made.add(WayHub, *edges, storage="ways.example.com/v1")
    return made.freeze()


def way(**more: object) -> bytes:
    value = {"apiVersion": str(V1), "kind": "Way", "metadata": {"name": "a"}, "spec": {"one": "1"}}
    return json.dumps({**value, **more}).encode()


def test_only_versions_of_the_same_fields_in_the_same_order_skip_the_hub() -> None:
    (kind,) = scheme().kinds
    v1, v2, v3 = (kind.spoke_for(each) for each in (V1, V2, V3))
    assert v1 is not None
    assert v2 is not None
    assert v3 is not None
    assert same_shape(v1, v1)
    assert same_shape(v1, v2)
    assert not same_shape(v1, v3)


@pytest.mark.parametrize("to", [V1, V2, V3])
def test_the_answer_is_that_of_the_plain_engine(to: GroupVersion) -> None:
    plain, compiled = Pipeline(scheme(), PlainEngine()), Pipeline(scheme(), CompiledEngine())
    data = way(extra="x", unknown=1)
    for _ in range(2):
        assert compiled.convert(data, to) == plain.convert(data, to)


def test_a_kind_that_is_said_twice_counts_as_said_last() -> None:
    compiled = Pipeline(scheme(), CompiledEngine())
    data = way()[:-1] + b',"kind":"Other"}'
    with pytest.raises(KconvError):
        compiled.convert(data, V2)


def test_a_rule_that_fails_on_structs_is_named() -> None:
    rule = Functions(to_hub=fail, to_spoke=fail)
    compiled = Pipeline(scheme(rule), CompiledEngine())
    with pytest.raises(ConversionError, match=r"the rule functions.* failed: KeyError"):
        compiled.convert(way(), V2)


@pytest.mark.parametrize("engine", [PlainEngine, CompiledEngine])
def test_what_is_wrapped_around_a_rule_is_called(engine: type[PlainEngine]) -> None:
    calls = []

    def noted(function: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
        @wraps(function)
        def wrapper(given: Any, made: Any) -> None:
            calls.append(function.__name__)
            function(given, made)

        return wrapper

    @noted
    @structural(WayV2, WayHub)
    def to_hub(spoke: Any, hub: Any) -> None:
        hub.extra = spoke.extra

    @structural(WayHub, WayV2)
    def to_spoke(hub: Any, spoke: Any) -> None:
        spoke.extra = "back"

    rule = Functions(spoke=("extra",), hub=("extra",), to_hub=to_hub, to_spoke=to_spoke)
    pipeline = Pipeline(scheme(rule), engine())
    there = pipeline.convert(way(extra="x"), V2)
    assert json.loads(there)["extra"] == "back"
    pipeline.convert(there, V3)
    assert calls == ["to_hub"]


@pytest.mark.parametrize("engine", [PlainEngine, CompiledEngine])
def test_what_a_function_on_structs_takes_away_is_gone(engine: type[PlainEngine]) -> None:
    @structural(WayV2, WayHub)
    def to_hub(spoke: Any, hub: Any) -> None:
        hub.extra = spoke.extra

    @structural(WayHub, WayV2)
    def to_spoke(hub: Any, spoke: Any) -> None:
        spoke.spec = UNSET

    rule = Functions(spoke=("extra",), hub=("extra",), to_hub=to_hub, to_spoke=to_spoke)
    there = json.loads(Pipeline(scheme(rule), engine()).convert(way(extra="x"), V2))
    assert there == {"apiVersion": str(V2), "kind": "Way", "metadata": {"name": "a"}}


@pytest.mark.parametrize("engine", [PlainEngine, CompiledEngine])
def test_a_function_on_dicts_may_be_the_way_back_of_one_on_structs(
    engine: type[PlainEngine],
) -> None:
    @structural(WayV2, WayHub)
    def to_hub(spoke: Any, hub: Any) -> None:
        hub.extra = spoke.extra

    def to_spoke(hub: dict[str, Any], spoke: dict[str, Any]) -> None:
        spoke["extra"] = f"{hub['extra']}!"

    rule = Functions(spoke=("extra",), hub=("extra",), to_hub=to_hub, to_spoke=to_spoke)
    pipeline = Pipeline(scheme(rule), engine())
    assert json.loads(pipeline.convert(way(extra="x"), V2))["extra"] == "x!"
