"""Rules for another unit, another type, maps and lists, and parts that are no strings.

Each case is converted there and back on both engines, by name of the rule.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from compile.local import V1, V2, engines, scheme_of, thing
from kconv._errors import ConversionError, SchemeError
from kconv._schema import Type
from kconv.edges import Cast, ListToMap, MapToList, MapValues, Rule, Split, Unit
from kconv.fields import (
    Boolean,
    Double,
    Duration,
    Field,
    Int32,
    Int64,
    List,
    Map,
    Object,
    String,
)  # fmt: skip


def of(**declared: Field) -> type[Type]:
    return type("Spec", (Type,), declared)


DIGITS = String(pattern=r"^(0|-?[1-9][0-9]{0,18})$")
PRICE = String(pattern=r"^(0|[1-9][0-9]*)\.[0-9]{2}$")
WHOLE = Duration(multiple_of="1s")
SIZE = String(pattern=r"^[1-9][0-9]*x[1-9][0-9]*$")
Named = of(name=String(required=True), port=Int32(), tags=List(String()))
Unnamed = of(port=Int32(), tags=List(String()))
Pair = of(name=String(required=True), value=String(load_default=""))
Keyed = List(Object(Named), list_type="map", map_keys=("name",))
Pairs = List(Object(Pair), list_type="map", map_keys=("name",))
Part, Piece = of(seconds=Int32()), of(every=WHOLE)

Case = tuple[dict[str, Field], dict[str, Field], Rule, Any, Any]

SAME: dict[str, Case] = {
    "seconds": (
        {"seconds": Int32()}, {"every": WHOLE}, Unit("spec.seconds", "spec.every"),
        {"seconds": 90}, {"every": "1m30s"},
    ),
    "milliseconds": (
        {"ms": Int64()}, {"every": Duration(multiple_of="1ms")},
        Unit("spec.ms", "spec.every", "0.001"),
        {"ms": 1500}, {"every": "1.5s"},
    ),
    "the other way": (
        {"every": WHOLE}, {"seconds": Int64()}, Unit("spec.every", "spec.seconds"),
        {"every": "0s"}, {"seconds": 0},
    ),
    "two integers": (
        {"s": Int32()}, {"ms": Int64(multiple_of=1000)}, Unit("spec.s", "spec.ms", 1000),
        {"s": -3}, {"ms": -3000},
    ),
    "cents": (
        {"cents": Int64()}, {"price": PRICE}, Unit("spec.cents", "spec.price", "0.01", digits=2),
        {"cents": 5}, {"price": "0.05"},
    ),
    "in each element": (
        {"parts": List(Object(Part))}, {"parts": List(Object(Piece))},
        Unit("spec.parts[*].seconds", "spec.parts[*].every"),
        {"parts": [{"seconds": 1}, {}]}, {"parts": [{"every": "1s"}, {}]},
    ),
    "a number to its text": (
        {"port": Int32()}, {"port": DIGITS}, Cast("spec.port", "spec.port"),
        {"port": -80}, {"port": "-80"},
    ),
    "a text to its number": (
        {"port": DIGITS}, {"port": Int64()}, Cast("spec.port", "spec.port"),
        {"port": "0"}, {"port": 0},
    ),
    "a boolean": (
        {"on": Boolean()}, {"on": String(enum=("true", "false"))}, Cast("spec.on", "spec.on"),
        {"on": False}, {"on": "false"},
    ),
    "another spelling": (
        {"m": String()}, {"m": String()}, MapValues("spec.m", "spec.m", {"a": "A"}),
        {"m": "a"}, {"m": "A"},
    ),
    "a map of objects": (
        {"ports": Map(Object(Unnamed))}, {"ports": Keyed},
        MapToList("spec.ports", "spec.ports", key="name"),
        {"ports": {"b": {"port": 1}, "a": {}}},
        {"ports": [{"name": "b", "port": 1}, {"name": "a"}]},
    ),
    "a list of objects": (
        {"ports": Keyed}, {"byName": Map(Object(Unnamed))},
        ListToMap("spec.ports", "spec.byName", key="name"),
        {"ports": [{"name": "b", "tags": ["x"]}]}, {"byName": {"b": {"tags": ["x"]}}},
    ),
    "a map of texts": (
        {"env": Map(String())}, {"env": Pairs},
        MapToList("spec.env", "spec.env", key="name", value="value"),
        {"env": {"A": "1", "B": ""}},
        {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": ""}]},
    ),
    "an empty map": (
        {"env": Map(String())}, {"env": Pairs},
        MapToList("spec.env", "spec.env", key="name", value="value"),
        {"env": {}}, {"env": []},
    ),
    "parts that are numbers": (
        {"size": SIZE}, {"width": Int32(minimum=1), "height": Int32(minimum=1)},
        Split("spec.size", ("spec.width", "spec.height"), separator="x"),
        {"size": "640x480"}, {"width": 640, "height": 480},
    ),
    "nothing": (
        {"seconds": Int32()}, {"every": WHOLE}, Unit("spec.seconds", "spec.every"), {}, {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_there_and_back(name: str) -> None:
    old, new, rule, before, after = SAME[name]
    for pipeline in engines(of(**old), of(**new), rule):
        there = pipeline.convert(thing(before), V2)
        assert json.loads(there)["spec"] == after
        assert json.loads(pipeline.convert(there, V1))["spec"] == before


REFUSED: dict[str, tuple[Case, str]] = {
    "finer than a second": (
        (
            {"s": Int64(multiple_of=1)}, {"ms": Int64(multiple_of=1000)},
            Unit("spec.s", "spec.ms", 1000), {}, {"ms": 1500},
        ),
        "spec.ms: 1500 cannot be held by spec.s: it is 1.5 there, which is no whole number",
    ),
    "beyond 32 bits": (
        (
            {"s": Int32()}, {"every": WHOLE}, Unit("spec.s", "spec.every"), {},
            {"every": "2000000h0m0s"},
        ),
        "does not fit in int32",
    ),
    "more digits": (
        (*SAME["cents"][:3], {}, {"price": "1.5"}),
        'spec.price: "1.5" cannot be held by spec.cents: an amount is written with 2 digits',
    ),
    "a number with a zero in front": (
        (*SAME["a number to its text"][:3], {}, {"port": "08"}),
        ('spec.port: "08" cannot be held by spec.port: it is not how a whole number is written, '
        'as "8"'),
    ),
    "no boolean": ((*SAME["a boolean"][:3], {}, {"on": "yes"}), "it is neither true nor false"),
    "a key that is there twice": (
        (*SAME["a map of objects"][:3], {}, {"ports": [{"name": "a"}, {"name": "a"}]}),
        'spec.ports[1].name: "a" is there twice',
    ),
    "a place in a list": (
        (*SAME["in each element"][:3], {}, {"parts": [{}, {"every": "1.5s"}]}),
        "spec.parts[1].every: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_counterpart_is_not_converted(name: str) -> None:
    (old, new, rule, _, bad), message = REFUSED[name]
    for pipeline in engines(of(**old), of(**new), rule):
        with pytest.raises(ConversionError) as caught:
            pipeline.convert(thing(bad, V2), V1, trusted=True)
        assert message in caught.value.message
        assert caught.value.findings
        assert caught.value.about is not None


MISFITS: dict[str, tuple[dict[str, Field], dict[str, Field], Rule, str]] = {
    "finer": (
        {"s": Int32()}, {"every": Duration()}, Unit("spec.s", "spec.every"),
        'spec.every counts finer than spec.s can; declare it with multiple_of="1"',
    ),
    "no amounts": (
        {"a": Double()}, {"b": Int32()}, Unit("spec.a", "spec.b"), "which counts nothing",
    ),
    "digits": (
        {"a": Int32()}, {"b": PRICE}, Unit("spec.a", "spec.b"), "say how many digits=",
    ),
    "any amount": (
        {"a": Int32()}, {"b": String()}, Unit("spec.a", "spec.b", digits=2),
        "takes any text; give it a pattern",
    ),
    "no factor": ({"a": Int32()}, {"b": Int32()}, Unit("spec.a", "spec.b", 0), "no number above 0"),
    "no text": ({"a": Int32()}, {"b": Int64()}, Cast("spec.a", "spec.b"), "are int32 and int64"),
    "any text": ({"a": Int32()}, {"b": String()}, Cast("spec.a", "spec.b"), "takes any text; say"),
    "no map": (
        {"a": List(String())}, {"b": Keyed}, MapToList("spec.a", "spec.b", key="name"),
        "spec.a is no map but list",
    ),
    "no list": (
        {"a": Map(String())}, {"b": Map(String())}, MapToList("spec.a", "spec.b", key="name"),
        "spec.b is no list but map",
    ),
    "no such key": (
        {"a": Map(Object(Unnamed))}, {"b": Keyed}, MapToList("spec.a", "spec.b", key="id"),
        "spec.b has no string id in its elements",
    ),
    "keys twice": (
        {"a": Map(Object(Unnamed))}, {"b": List(Object(Named))},
        MapToList("spec.a", "spec.b", key="name"),
        'declare list_type="map", map_keys=("name",)',
    ),
    "other objects": (
        {"a": Map(Object(Part))}, {"b": Keyed}, MapToList("spec.a", "spec.b", key="name"),
        "holds other values (port, tags, seconds); use Functions",
    ),
    "more than a value": (
        {"a": Map(Int32())}, {"b": Keyed},
        MapToList("spec.a", "spec.b", key="name", value="port"),
        "holds other values (tags here only); use Functions",
    ),
    "a value that may be absent": (
        {"a": Map(String())},
        {
            "b": List(
                Object(of(k=String(required=True), v=String())), list_type="map", map_keys=["k"]
            )
        },
        MapToList("spec.a", "spec.b", key="k", value="v"),
        "has elements whose v may be absent; give it a load_default (in a CRD: default or",
    ),
    "a value that may not be empty": (
        {"a": Map(String())},
        {
            "b": List(
                Object(of(k=String(required=True), v=String(required=True))),
                list_type="map", map_keys=["k"],
            )
        },
        MapToList("spec.a", "spec.b", key="k", value="v"),
        "has elements whose v may not be empty",
    ),
    "any size": (
        {"a": String()}, {"b": Int32(), "c": Int32()},
        Split("spec.a", ("spec.b", "spec.c"), separator="x"),
        "spec.b is int32, and spec.a takes any text; give that a pattern",
    ),
    "a multiple of nothing": (
        {"a": Int32(multiple_of=0)}, {"a": Int32()}, Unit("spec.a", "spec.a"),
        "its multiple_of 0 is not above 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISFITS)
def test_what_freeze_refuses(name: str) -> None:
    old, new, rule, message = MISFITS[name]
    with pytest.raises(SchemeError) as caught:
        scheme_of(of(**old), of(**new), rule)
    assert message in caught.value.message


def test_compiled_to_one_function() -> None:
    _, compiled = engines(of(s=Int32(), p=Int32()), of(every=WHOLE, p=DIGITS),
                          Unit("spec.s", "spec.every"), Cast("spec.p", "spec.p"))  # fmt: skip
    (kind,) = compiled.scheme.kinds
    sources = compiled.engine.sources(kind.spokes[1])  # type: ignore[attr-defined]  # the compiled engine's
    assert "converted(r0)" in sources["to hub"]
    assert "converted_2(r1)" in sources["from hub"]
