"""Conversions of the plain engine share nothing with what goes in, and no rule changes that."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from engine.sample import pipeline, widget
from engine.test_edges import V1, V2, rules
from kconv._pipeline import Pipeline, PlainEngine
from kconv._pipeline.compiled import CompiledEngine
from kconv._pipeline.values import as_dict
from kconv.edges import Functions, Preserve, Rename, Rule, WhenAbsent, Wrap

Value = dict[str, Any]


def containers(value: Any) -> Iterator[int]:
    """The identities of a value and of all objects and lists in it."""
    if isinstance(value, dict | list):
        yield id(value)
        for each in value.values() if isinstance(value, dict) else value:
            yield from containers(each)


def hand_over(source: Value, target: Value) -> None:
    """As people write it: parts of the source become parts of the target, and are changed."""
    spec = source.get("spec", {})
    target["spec"]["ports"] = spec.get("ports", [])
    for port in target["spec"]["ports"]:
        port.pop("name", None)
        port.pop("label", None)
    if "metadata" in source:
        source["metadata"]["name"] = "changed"
    source.pop("spec", None)


ALL_RULES: list[list[Rule]] = [
    rules(),
    rules(
        ports=Functions(
            spoke=["spec.ports"], hub=["spec.ports"], to_hub=hand_over, to_spoke=hand_over
        )
    ),
]
OBJECTS = [
    widget("v1", V1, annotations={"own": "1"}),
    widget("v2", {**V2, "owners": ["a", "b"], "extra": {"k": "v"}}, annotations={"own": "1"}),
]


@pytest.mark.parametrize("engine", [PlainEngine, CompiledEngine])
@pytest.mark.parametrize("given", ALL_RULES, ids=["rules", "functions"])
@pytest.mark.parametrize("value", OBJECTS)
def test_nothing_is_shared(engine: type[PlainEngine], given: list[Rule], value: Value) -> None:
    made = Pipeline(pipeline(*given).scheme, engine())
    decoded = made.load(value)
    before, encoded = copy.deepcopy(decoded.value), made.encode(decoded)
    hub = made.to_hub(decoded)
    hub_before = copy.deepcopy(hub.value)
    for spoke in hub.kind.spokes:
        there = made.from_hub(hub, spoke)
        assert as_dict(decoded.native) == before
        assert as_dict(hub.native) == hub_before
        assert made.encode(decoded) == encoded
        if engine is PlainEngine:
            assert not {*containers(there.native)} & {*containers(hub.native)}
            assert not {*containers(decoded.native)} & {*containers(hub.native)}


PARTS: Value = {"deep": [{"a": "b"}]}
ALONE: list[tuple[Rule, Value, Value]] = [
    (Rename("one", "other"), {"one": PARTS}, {"other": PARTS}),
    (Rename("all[*].one", "all[*].other"), {"all": [{"one": PARTS}]}, {"all": [{"other": PARTS}]}),
    (Wrap("one", "all"), {"one": PARTS}, {"all": [PARTS]}),
]


@pytest.mark.parametrize(("rule", "spoke", "hub"), ALONE)
def test_a_rule_by_itself_shares_nothing(rule: Rule, spoke: Value, hub: Value) -> None:
    for source, expected, convert in ((spoke, hub, rule.to_hub), (hub, spoke, rule.to_spoke)):
        target: Value = {"all": [{}]} if "[*]" in repr(rule) else {}
        before = copy.deepcopy(source)
        convert(source, target)
        assert target == expected
        assert source == before
        assert not {*containers(target)} & {*containers(source)}


def test_the_value_that_absence_means_is_a_new_one_each_time() -> None:
    rule = WhenAbsent("part", {"deep": []}, lost="so")
    hubs: list[Value] = [{}, {}, {"part": {"own": "1"}}]
    one, other, own = hubs
    for hub in hubs:
        rule.to_hub({}, hub)
    assert one == other == {"part": {"deep": []}}
    assert own == {"part": {"own": "1"}}
    assert not {*containers(one)} & {*containers(other)}


def test_what_a_hub_says_by_itself_wins_over_what_was_kept() -> None:
    rule = Preserve("spec.extra", annotation="kept")
    kept = {"annotations": {"kept": '{"spec.extra":{"k":"old"}}', "own": "1"}}
    hub: Value = {"metadata": kept, "spec": {"extra": {"k": "own"}}}
    rule.to_hub({}, hub)
    assert hub == {"metadata": {"annotations": {"own": "1"}}, "spec": {"extra": {"k": "own"}}}
