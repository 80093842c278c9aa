"""What an object really loses on its way to another version."""

from __future__ import annotations

from copy import copy
from typing import Any

import pytest

from engine.sample import pipeline, widget
from engine.test_edges import rules
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline, PlainEngine, converts_to
from kconv._pipeline.compiled import CompiledEngine
from kconv._pipeline.engine import Engine
from kconv._resource import Hub, Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv.edges import Edge, Functions, Lose, Rule, Split, WhenAbsent
from kconv.edges._steps import get, put
from kconv.fields import Boolean, Int32, List, Object, String


class OldSpec(Type):
    a = String()


class Spec(Type):
    a = String()
    enabled = Boolean(load_default=True)
    replicas = Int32(load_default=3)
    note = String(load_default="hello")
    bare = Boolean()
    tags = List(String())


class HubSpec(Type):
    a = String()
    enabled = Boolean()
    replicas = Int32()
    note = String()
    bare = Boolean()
    tags = List(String())


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

    spec = Object(HubSpec)


NEW = ("spec.bare", "spec.tags")
DEFAULTS = {"spec.enabled": True, "spec.replicas": 3, "spec.note": "hello"}


def register(scheme: Scheme, *others: Rule) -> None:
    """Two versions, the newer with fields whose loss is acknowledged unless others say more."""
    claimed = {".".join(path) for rule in others for path in rule.hub}
    lose = Lose(hub=tuple(each for each in NEW if each not in claimed), reason="v1 is old")
    absent = [
        WhenAbsent(path, value, lost="v1 is old")
        for path, value in DEFAULTS.items()
        if path not in claimed
    ]
    scheme.add(
        Sheet, Edge(SheetV1, lose, *absent, *others), Edge(SheetV2), storage="example.com/v2"
    )


@pytest.fixture(params=[PlainEngine, CompiledEngine])
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.param()
    return made


def losses_of(made: Pipeline, value: dict[str, Any], to: str) -> list[str]:
    decoded = made.load(value)
    target = decoded.spoke.kind.spoke_for(GroupVersion("example.com", to))
    assert target is not None
    return [str(each) for each in converts_to(made, decoded, target)[1]]


def lost(engine: Engine, spec: dict[str, Any], *others: Rule) -> list[str]:
    scheme = Scheme()
    register(scheme, *others)
    sheet = {"apiVersion": "example.com/v2", "kind": "Sheet", "spec": spec}
    return losses_of(Pipeline(scheme, engine), sheet, "v1")


def test_what_a_default_takes_the_place_of_is_lost(engine: Engine) -> None:
    assert lost(engine, {"enabled": False, "replicas": 0, "note": ""}) == [
        "spec.enabled: false would become true (v1 is old)",
        "spec.replicas: 0 would become 3 (v1 is old)",
        'spec.note: "" would become "hello" (v1 is old)',
    ]


def test_what_a_default_brings_back_is_not_lost(engine: Engine) -> None:
    assert lost(engine, {"a": "z"}) == []
    assert lost(engine, {"a": "z", "enabled": True, "replicas": 3, "note": "hello"}) == []


def test_zeros_without_a_default_are_lost(engine: Engine) -> None:
    assert lost(engine, {"bare": False, "tags": []}) == [
        "spec.bare: false would be lost (v1 is old)",
        "spec.tags: [] would be lost (v1 is old)",
    ]


def nothing(source: dict[str, Any], target: dict[str, Any]) -> None:
    """Convert nothing."""


def test_a_zero_that_a_rule_says_is_as_good_as_none(engine: Engine) -> None:
    def rule(hub: str) -> Functions:
        said = {f"{hub}.(zero)": "v1 cannot tell"}
        return Functions(hub=(hub,), to_hub=nothing, to_spoke=nothing, lost=said)

    assert lost(engine, {"bare": False}, rule("spec.bare")) == []
    assert lost(engine, {"bare": True}, rule("spec.bare")) == ["spec.bare: true would be lost"]
    assert lost(engine, {"replicas": 0}, rule("spec.replicas")) == [
        "spec.replicas: 0 would become 3 (v1 cannot tell)"
    ]


def test_what_is_not_written_is_lost(engine: Engine) -> None:
    def to_spoke(hub: dict[str, Any], spoke: dict[str, Any]) -> None:
        put(spoke, ("spec", "undeclared"), get(hub, ("spec", "note")))

    def to_hub(spoke: dict[str, Any], hub: dict[str, Any]) -> None:
        if "undeclared" in spoke["spec"]:
            put(hub, ("spec", "note"), spoke["spec"]["undeclared"])

    rule = Functions(hub=("spec.note",), to_hub=to_hub, to_spoke=to_spoke)
    assert lost(engine, {"note": "x"}, rule) == ['spec.note: "x" would become "hello"']


def test_empty_annotations_are_no_loss() -> None:
    made = pipeline(*rules())
    assert losses_of(made, widget("v2", {"strict": False}, annotations={}), "v1") == []


def test_an_empty_part_is_no_loss() -> None:
    made = pipeline(
        *rules(address=Split("spec.address", ["spec.host", "spec.hostPort"], separator=":"))
    )
    assert losses_of(made, widget("v2", {"strict": False, "host": "h", "hostPort": ""}), "v1") == []


@pytest.mark.parametrize(
    ("whole", "part", "lossless"),
    [
        (String(pattern=r"^[a-z]+:[0-9]+$"), String(min_length=1), True),
        (String(min_length=3), String(enum=("x", "y")), True),
        (String(min_length=3), String(pattern="^[a-z]*$"), False),
        (String(min_length=3), String(enum=("x", "")), False),
        (String(), String(min_length=1), False),
    ],
)
def test_parts_that_cannot_be_empty_are_no_loss(
    whole: String, part: String, lossless: bool
) -> None:
    old = type("Old", (Type,), {"place": whole, "__module__": __name__})
    new = type("New", (Type,), {"host": part, "port": copy(part), "__module__": __name__})
    rule = Split("place", ("host", "port"), separator=":").among((), old).bound(new)
    assert (list(rule.losses()) == []) is lossless


def test_the_same_version_loses_nothing() -> None:
    lose = Lose(spoke=("spec.owner",), hub=("spec.owners",), reason="nobody asks")
    made = pipeline(*rules(owner=lose))
    old = made.load(widget("v1", {"owner": "me"}))
    kept, found = converts_to(made, old, old.spoke)
    assert kept.value["spec"]["owner"] == "me"
    assert found == []
