"""A default that one version has and another does not: refused until a rule says what it means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compile.local import V1, V2, engines, scheme_of
from kconv._errors import SchemeError
from kconv._pipeline import Pipeline
from kconv._pipeline.reencode import Reencoder
from kconv._resource import Hub, Resource
from kconv._schema import Type, defaults, derives
from kconv._scheme import Scheme
from kconv.edges import (
    Edge,
    Functions,
    Lose,
    MapValues,
    Preserve,
    Rename,
    Rule,
    Split,
    WhenAbsent,
    Wrap,
)
from kconv.fields import Boolean, Field, Int32, List, Map, Object, String
from kconv.testing._failure import Broken
from kconv.testing._roundtrip import there_and_back


def of(**declared: Field) -> type[Type]:
    return type("Spec", (Type,), declared)


FAST = String(load_default="Fast")
Part, PartWith = of(name=String(), mode=String()), of(name=String(), mode=FAST)


def nothing(source: dict[str, Any], target: dict[str, Any]) -> None:
    """Convert nothing."""


CASES: dict[str, tuple[dict[str, Field], dict[str, Field], list[Rule], str]] = {
    "by name": (
        {"mode": String()},
        {"mode": FAST},
        [],
        'its spec.mode has no default, and local.example.com/v2 has the default "Fast", so that',
    ),
    "in the older version": (
        {"mode": FAST},
        {"mode": String()},
        [],
        "v2, Kind=Thing: its spec.mode has no default, and local.example.com/v1 has the default",
    ),
    "renamed": (
        {"speed": String()},
        {"mode": FAST},
        [Rename("spec.speed", "spec.mode")],
        'and local.example.com/v2 has the default "Fast" for spec.mode,',
    ),
    "respelled": (
        {"mode": String()},
        {"mode": FAST},
        [MapValues("spec.mode", "spec.mode", {"Quick": "Fast"})],
        "its spec.mode has no default",
    ),
    "kept": ({}, {"mode": FAST}, [Preserve("spec.mode")], "it says nothing of spec.mode"),
    "dropped": (
        {},
        {"mode": FAST},
        [Lose(hub=("spec.mode",), reason="so")],
        "WhenAbsent(\"spec.mode\", 'Fast') in its edge",
    ),
    "a part of a text": (
        {"place": String()},
        {"host": String(), "port": String(load_default="80")},
        [Split("spec.place", ("spec.host", "spec.port"), separator=":")],
        "it says nothing of spec.port",
    ),
    "zero": ({"n": Int32()}, {"n": Int32(load_default=0)}, [], "has the default 0"),
    "false": ({"on": Boolean()}, {"on": Boolean(load_default=False)}, [], "has the default false"),
    "empty": ({"m": Map(String())}, {"m": Map(String(), load_default=dict)}, [], "default {}"),
    "worked out": (
        {"mode": String()},
        {"mode": String(load_default=lambda: "now")},
        [],
        "has the default a computed value",
    ),
    "in an object": (
        {"part": Object(Part)},
        {"part": Object(PartWith)},
        [],
        "its spec.part.mode has no default",
    ),
    "in a list": (
        {"parts": List(Object(Part))},
        {"parts": List(Object(PartWith))},
        [],
        "WhenAbsent(\"spec.parts[*].mode\", 'Fast')",
    ),
    "in a map of lists": (
        {"parts": Map(List(Object(Part)))},
        {"parts": Map(List(Object(PartWith)))},
        [],
        "its spec.parts[*][*].mode has no default",
    ),
    "in an object that moved": (
        {"old": Object(Part)},
        {"part": Object(PartWith)},
        [Rename("spec.old", "spec.part")],
        "its spec.old.mode has no default",
    ),
    "in an object that became a list": (
        {"part": Object(Part)},
        {"parts": List(Object(PartWith))},
        [Wrap("spec.part", "spec.parts")],
        "its spec.part.mode has no default",
    ),
    "in what absence means": (
        {},
        {"part": Object(PartWith)},
        [WhenAbsent("spec.part", {}, lost="so")],
        "it says nothing of spec.part.mode",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_freeze_refuses(name: str) -> None:
    old, new, rules, message = CASES[name]
    with pytest.raises(SchemeError) as caught:
        scheme_of(of(**old), of(**new), *rules)
    assert message in caught.value.message
    (finding,) = caught.value.findings
    assert finding.path[0] == "spec"


def test_a_default_that_follows_from_other_fields() -> None:
    new = of(mode=String(), size=Int32())

    @derives(new, field="mode", of=["size"])
    def mode(size: int | None) -> str:
        return "Fast" if size is None else "Slow"

    with pytest.raises(SchemeError) as caught:
        scheme_of(of(mode=String(), size=Int32()), new)
    assert "has the default a computed value" in caught.value.message
    assert caught.value.message.endswith("say what its absence means: load_default=… of spec.mode")


def test_a_default_that_only_the_hub_has() -> None:
    class Sheet(Resource):
        class Meta:
            group, version = "example.com", "v1"

        mode = String()

    class SheetHub(Hub):
        class Meta:
            group, kind = "example.com", "Sheet"

        mode = FAST

    scheme = Scheme()
    scheme.add(SheetHub, Edge(Sheet), storage="example.com/v1")
    with pytest.raises(SchemeError, match=r'hub Sheet.example.com has the default "Fast"'):
        scheme.freeze()
    scheme = Scheme()
    scheme.add(SheetHub, Edge(Sheet, WhenAbsent("mode", "Fast")), storage="example.com/v1")
    assert scheme.freeze().frozen


FINE: dict[str, tuple[dict[str, Field], dict[str, Field], list[Rule]]] = {
    "another default": ({"mode": String(load_default="Slow")}, {"mode": FAST}, []),
    "a field that is always there": ({"mode": String(required=True)}, {"mode": FAST}, []),
    "within what is kept as a whole": ({}, {"part": Object(PartWith)}, [Preserve("spec.part")]),
    "functions, which tests look at": (
        {},
        {"mode": FAST},
        [Functions(hub=["spec.mode"], to_hub=nothing, to_spoke=nothing)],
    ),
    "all that others would fill in": (
        {},
        {"part": Object(PartWith)},
        [WhenAbsent("spec.part", {"mode": "Slow"}, lost="so")],
    ),
}


@pytest.mark.parametrize("name", FINE)
def test_what_freeze_takes(name: str) -> None:
    old, new, rules = FINE[name]
    assert scheme_of(of(**old), of(**new), *rules).frozen


RULED: dict[str, tuple[dict[str, Field], dict[str, Field], list[Rule], Any, Any]] = {
    "by name": (
        {"mode": String()}, {"mode": FAST}, [WhenAbsent("spec.mode", "Slow")],
        {}, {"mode": "Slow"},
    ),
    "before the rule that carries it": (
        {"speed": String()}, {"mode": FAST},
        [WhenAbsent("spec.mode", "Slow"), Rename("spec.speed", "spec.mode")],
        {"speed": "Quick"}, {"mode": "Quick"},
    ),
    "renamed": (
        {"speed": String()}, {"mode": FAST},
        [Rename("spec.speed", "spec.mode"), WhenAbsent("spec.mode", "Slow")],
        {}, {"mode": "Slow"},
    ),
    "kept, and not by an annotation": (
        {}, {"mode": FAST}, [WhenAbsent("spec.mode", "Slow"), Preserve("spec.mode")],
        {}, {"mode": "Slow"},
    ),
    "in each element": (
        {"parts": List(Object(Part))}, {"parts": List(Object(PartWith))},
        [WhenAbsent("spec.parts[*].mode", "Slow")],
        {"parts": [{"name": "a"}, {"mode": "x"}]},
        {"parts": [{"name": "a", "mode": "Slow"}, {"mode": "x"}]},
    ),
    "in an object that is there": (
        {"part": Object(Part)}, {"part": Object(PartWith)},
        [WhenAbsent("spec.part.mode", "Slow")],
        {"part": {}}, {"part": {"mode": "Slow"}},
    ),
    "in an object that is not there": (
        {"part": Object(Part)}, {"part": Object(PartWith)},
        [WhenAbsent("spec.part.mode", "Slow")],
        {}, {},
    ),
    "a part of a text": (
        {"place": String()}, {"host": String(), "port": String(load_default="80")},
        [
            Split("spec.place", ("spec.host", "spec.port"), separator=":"),
            WhenAbsent("spec.port", "443"),
        ],
        {"place": "a"}, {"host": "a", "port": "443"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RULED)
def test_what_an_absent_field_means(name: str) -> None:
    old, new, rules, before, after = RULED[name]
    plain, compiled = engines(of(**old), of(**new), *rules)
    data = _thing(before)
    for pipeline in (plain, compiled):
        assert json.loads(pipeline.convert(data, V2))["spec"] == after
        _comes_over(pipeline, data)
    kept = json.loads(plain.convert(plain.convert(data, V2), V1))["metadata"]
    assert kept == {"name": "a"}


def _thing(spec: Any) -> bytes:
    head = {"apiVersion": str(V1), "kind": "Thing", "metadata": {"name": "a"}}
    return json.dumps({**head, "spec": spec}).encode()


def _comes_over(pipeline: Pipeline, data: bytes) -> None:
    """A migration takes the object along, which it does only if it means the same."""
    (kind,) = pipeline.scheme.kinds
    stored = pipeline.encode(pipeline.decode(data))
    assert Reencoder(pipeline).reencode(stored, str(V1), kind, V2).lost == ()


@pytest.mark.parametrize("order", [1, -1], ids=["kept first", "filled in first"])
def test_another_value_is_kept(order: int) -> None:
    rules = [Preserve("spec.mode"), WhenAbsent("spec.mode", "Slow")][::order]
    plain, compiled = engines(of(), of(mode=FAST), *rules)
    data = _thing({}).replace(b"/v1", b"/v2")
    for pipeline in (plain, compiled):
        old = json.loads(pipeline.convert(data, V1))
        assert "kconv.dev/preserved-fields" in old["metadata"]["annotations"]
        assert json.loads(pipeline.convert(json.dumps(old).encode(), V2)) == json.loads(
            pipeline.encode(pipeline.decode(data))
        )


def test_a_computed_default_of_one_version_is_found_by_trying() -> None:
    old, new = of(mode=String(), size=Int32()), of(mode=String(), size=Int32())

    @defaults(new, lacking=["mode"])
    def mode(spec: dict[str, Any]) -> None:
        spec.setdefault("mode", "Fast" if "size" in spec else "Slow")

    pipeline, _ = engines(old, new)
    (kind,) = pipeline.scheme.kinds
    v2, v1 = kind.spokes
    thing = json.loads(_thing({"size": 1}))
    with pytest.raises(Broken) as caught:
        there_and_back(pipeline, v1, v2, thing)
    assert 'spec.mode: was absent, is "Fast"' in str(caught.value)
    assert 'WhenAbsent("path of the hub", value)' in str(caught.value)
    there_and_back(pipeline, v1, v2, json.loads(_thing({"mode": "x"})))


def test_compiled_from_struct_to_struct() -> None:
    old, new = of(mode=String(), n=Int32()), of(m=FAST, n=Int32(load_default=2))
    rules = Rename("spec.mode", "spec.m"), WhenAbsent("spec.m", "Slow"), WhenAbsent("spec.n", 0)
    _, compiled = engines(old, new, *rules)
    (kind,) = compiled.scheme.kinds
    source = compiled.engine.sources(kind.spokes[1])  # type: ignore[attr-defined]  # the compiled engine's
    assert "('Slow' if r0 is UNSET else r0)" in source["to hub"]
    for before, after in (({}, {"m": "Slow", "n": 0}), ({"mode": "x", "n": 1}, {"m": "x", "n": 1})):
        assert json.loads(compiled.convert(_thing(before), V2))["spec"] == after
