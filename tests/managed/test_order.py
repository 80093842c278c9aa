"""The order in which fields are written, and in which elements of lists are merged."""

from __future__ import annotations

from typing import Any

import pytest

from kconv._managed.compare import compare
from kconv._managed.elements import keyed, spelled
from kconv._managed.fields import of, written
from kconv._managed.merge import merge
from kconv._managed.owners import APPLY, UPDATE, Manager, Owned, Owners
from kconv._managed.reshape import reconciled
from kconv._managed.shape import ListShape, MapShape, Shape

SET = Shape(list=ListShape(Shape("string"), atomic=False))


def test_steps_are_ordered_by_sort_and_value() -> None:
    http, tls = ({"containerPort": port, "protocol": "TCP"} for port in (80, 443))
    steps = ["f:a", "f:b", keyed(http), keyed(tls), "v:9", "v:10", 'v:"a"', "v:true", "i:2", "i:10"]
    assert list(written(of(*((step,) for step in reversed(steps))))) == steps


def test_numbers_and_texts_are_spelled_as_go_does() -> None:
    assert keyed({"b": 1.0, "a": "<&>"}) == 'k:{"a":"\\u003c\\u0026\\u003e","b":1}'
    assert spelled('k:{"containerPort":80,"protocol":"TCP"}') == '[containerPort=80,protocol="TCP"]'
    assert [spelled(step) for step in ("f:a", 'v:"a"', "i:1")] == [".a", '[="a"]', "[1]"]


@pytest.mark.parametrize(
    ("live", "applied", "merged"),
    [
        ("abc", "ca", "bca"),
        ("abc", "cxa", "bcxa"),
        ("abc", "x", "abcx"),
        ("abc", "abc", "abc"),
        ("ab", "cb", "acb"),
        ("", "ba", "ba"),
    ],
)
def test_elements_come_in_the_order_of_what_is_applied(
    live: str, applied: str, merged: str
) -> None:
    assert merge(SET, list(live), list(applied)) == list(merged)


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("a", "abb", ({}, {}, {'v:"b"': {}})),
        ("abb", "a", ({'v:"b"': {}}, {}, {})),
        ("abb", "abbb", ({}, {'v:"b"': {}}, {})),
        ("ab", "abb", ({'v:"b"': {}}, {}, {'v:"b"': {}})),
    ],
)
def test_elements_that_are_there_twice_are_one_field(old: str, new: str, changes: Any) -> None:
    assert compare(SET, list(old), list(new)) == changes


def test_entries_are_ordered_by_operation_time_and_manager() -> None:
    def entry(name: str, operation: str, time: str | None, part: str = "") -> tuple[Manager, Any]:
        version = "v1" if operation == UPDATE else ""
        return Manager(name, operation, version, part), time

    wanted = [
        entry("z", APPLY, None),
        entry("b", APPLY, "2026-01-01T00:00:00Z"),
        entry("a", APPLY, "2026-01-01T00:00:01Z"),
        entry("a", UPDATE, "2026-01-01T00:00:00Z"),
        entry("a", UPDATE, "2026-01-01T00:00:00Z", "status"),
        entry("b", UPDATE, "2026-01-01T00:00:00Z"),
    ]
    owned = {each: Owned(of(("f:x",)), "v1", each.operation == APPLY) for each, _ in wanted[::-1]}
    found = Owners(owned, dict(wanted)).encode()
    assert [(each["manager"], each["operation"], each.get("time")) for each in found] == [
        (manager.name, manager.operation, time) for manager, time in wanted
    ]
    assert found[4]["subresource"] == "status"


def test_what_has_become_atomic_is_owned_as_a_whole() -> None:
    inner = Shape(map=MapShape(element=Shape("string"), atomic=True))
    items = Shape(list=ListShape(Shape("string")))
    shape = Shape(map=MapShape({"a": inner, "b": items, "c": Shape("string")}))
    before = of(("f:a", "f:x"), ("f:b", 'v:"x"'), ("f:c",))
    assert reconciled(shape, before) == of(("f:a",), ("f:b",), ("f:c",))
    now = of(("f:a",), ("f:c",))
    assert reconciled(shape, now) is now
