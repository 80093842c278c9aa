"""Rules of fields, wherever the field is: converting bytes looks at them as decoding does."""

from __future__ import annotations

from typing import Any

import pytest

from compile.local import V1, V2, engines, outcome, thing
from kconv._errors import InvalidObject
from kconv._schema import Type
from kconv.edges import Lose
from kconv.fields import Double, Field, Int32, List, Map, Object, String


class Pair(Type):
    one = String(required=True)
    two = String(required=True)
    note = String()


PAIRS = List(Object(Pair), list_type="map", map_keys=("one", "two"))
SAME = {"one": "a", "two": "b"}

RULES: dict[str, tuple[Field, Any, Any]] = {
    "bounds of a whole number": (Int32(minimum=1, maximum=3), 3, 4),
    "bounds of a number": (Double(minimum=0.5), 0.5, 0.25),
    "enumeration": (String(enum=("a", "b")), "a", "c"),
    "pattern": (String(pattern="[a-z]+"), "a", "1"),
    "length": (String(max_length=2), "ab", "abc"),
    "least length": (String(min_length=2), "ab", "a"),
    "number of elements": (List(String(), max_items=1), ["a"], ["a", "a"]),
    "least number of elements": (List(String(), min_items=1), ["a"], []),
    "a set": (List(String(), list_type="set"), ["a", "b"], ["a", "a"]),
    "keys": (PAIRS, [SAME, {**SAME, "two": "c"}], [SAME, {**SAME, "note": "x"}]),
    "elements": (List(Int32(minimum=1)), [1], [1, 0]),
    "values": (Map(Double(minimum=1)), {"a": 1}, {"a": 0}),
    "required": (Object(Pair), SAME, {"one": "a"}),
    "required and empty": (Object(Pair), SAME, {"one": "a", "two": ""}),
}


def places(field: Field) -> dict[str, tuple[type[Type], Any]]:
    """Types that hold a field at some depth, and what makes a value for that depth."""

    def of(**declared: Any) -> type[Type]:
        return type("Spec", (Type,), declared)

    inner = of(a=field)
    return {
        "directly": (of(a=field), lambda v: {"a": v}),
        "in an object": (of(b=Object(inner)), lambda v: {"b": {"a": v}}),
        "in a list": (of(b=List(Object(inner))), lambda v: {"b": [{}, {"a": v}]}),
        "in a map": (of(b=Map(Object(inner))), lambda v: {"b": {"k": {"a": v}}}),
        "in an object that only leads there": (
            of(c=Object(of(b=List(Object(inner))))),
            lambda v: {"c": {"b": [{"a": v}]}},
        ),
        "as an element": (of(a=List(field)), lambda v: {"a": [v]}),
        "as a value": (of(a=Map(field)), lambda v: {"a": {"k": v}}),
        "as an element of an element": (of(a=List(List(field))), lambda v: {"a": [[v]]}),
    }


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("place", places(String()))
def test_a_broken_rule_is_refused(rule: str, place: str) -> None:
    field, good, bad = RULES[rule]
    spec, at = places(field)[place]
    plain, compiled = engines(spec)
    for to in (V1, V2):
        assert compiled.convert(thing(at(good)), to) == plain.convert(thing(at(good)), to)
        found = outcome(compiled, thing(at(bad)), to)
        assert found == outcome(plain, thing(at(bad)), to)
        refused, _, (finding,), refused_again, *_ = found
        assert refused is refused_again is InvalidObject
        assert finding.startswith("spec.")


@pytest.mark.parametrize("rule", RULES)
def test_a_broken_rule_is_refused_where_rules_of_edges_convert(rule: str) -> None:
    field, good, bad = RULES[rule]
    old, new = (type("Spec", (Type,), {"a": field, **more}) for more in ({}, {"b": String()}))
    plain, compiled = engines(old, new, Lose(hub=("spec.b",), reason="v1 has nothing like it"))
    for version, to in ((V1, V2), (V2, V1), (V1, V1)):
        data = thing({"a": good}, version)
        assert compiled.convert(data, to) == plain.convert(data, to)
        found = outcome(compiled, thing({"a": bad}, version), to)
        assert found == outcome(plain, thing({"a": bad}, version), to)
        assert found[0] is found[3] is InvalidObject
