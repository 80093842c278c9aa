"""Lists without duplicates: both engines know the same elements for the same one."""

from __future__ import annotations

from typing import Any

import pytest

from compile.local import V2, engines, thing
from kconv import InvalidObject, Type
from kconv.fields import Boolean, FreeForm, Int32, IntOrString, List, Object, String


class Part(Type):
    name = String()
    from_ = String(data_key="from")
    number = Int32()
    either = IntOrString()
    fixed = Boolean()
    inner = Object(lambda: Part)


class Spec(Type):
    words = List(String(), list_type="set")
    numbers = List(Int32(), list_type="set")
    parts = List(Object(Part), list_type="set")
    frees = List(FreeForm(), list_type="set")
    by_name = List(Object(Part), list_type="map", map_keys=("name",))
    by_two = List(Object(Part), list_type="map", map_keys=("from", "number"))
    by_either = List(Object(Part), list_type="map", map_keys=("either",))
    by_fixed = List(Object(Part), list_type="map", map_keys=("fixed", "number"))
    by_inner = List(Object(Part), list_type="map", map_keys=("inner",))


PLAIN, COMPILED = engines(Spec)

SOUND: list[tuple[str, list[Any]]] = [
    ("words", ["a", "b"]),
    ("numbers", [1, 2]),
    ("parts", [{"name": "a"}, {"name": "a", "number": 1}]),
    ("frees", [1, "1", True, "True", None, "None"]),
    ("by_name", [{"name": "a"}, {"name": "b"}, {}]),
    ("by_two", [{"from": "a", "number": 1}, {"from": "a", "number": 2}, {"from": "a"}]),
    ("by_either", [{"either": 1}, {"either": "1"}]),
    ("by_fixed", [{"fixed": True}, {"number": 1}]),
    ("by_inner", [{"inner": {"name": "a"}}, {"inner": {"name": "b"}}]),
]
TWICE: list[tuple[str, list[Any]]] = [
    ("words", ["a", "b", "a"]),
    ("numbers", [1, 1]),
    ("parts", [{"name": "a"}, {"name": "a"}]),
    ("frees", [{"a": 1}, {"a": 1}]),
    ("by_name", [{"name": "a", "number": 1}, {"name": "a", "number": 2}]),
    ("by_name", [{"number": 1}, {"number": 2}]),
    ("by_two", [{"from": "a", "number": 1}, {"from": "a", "number": 1, "name": "b"}]),
    ("by_either", [{"either": "1"}, {"either": "1", "name": "b"}]),
    ("by_fixed", [{"fixed": True, "number": 1}, {"fixed": True, "number": 1, "name": "b"}]),
    ("by_inner", [{"inner": {"name": "a"}}, {"inner": {"name": "a"}, "name": "b"}]),
]


@pytest.mark.parametrize(("name", "elements"), SOUND, ids=[name for name, _ in SOUND])
def test_different_elements(name: str, elements: list[Any]) -> None:
    data = thing({name: elements})
    decoded = COMPILED.decode(data)
    assert decoded.value == PLAIN.decode(data).value
    assert COMPILED.convert(data, V2) == PLAIN.convert(data, V2)


@pytest.mark.parametrize(("name", "elements"), TWICE, ids=[name for name, _ in TWICE])
def test_an_element_that_comes_twice(name: str, elements: list[Any]) -> None:
    findings = []
    for pipeline in (PLAIN, COMPILED):
        with pytest.raises(InvalidObject) as raised:
            pipeline.decode(thing({name: elements}))
        findings.append(raised.value.findings)
    assert findings[0] == findings[1]
    assert [each.reason for each in findings[0]] == ["FieldValueDuplicate"]
