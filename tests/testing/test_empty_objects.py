"""Objects that one version does not have, whose fields rules take elsewhere one by one.

Without any field they do not come back. That is said, and no more than that.
"""

from __future__ import annotations

from typing import Any

import pytest

from kconv import hub_of
from kconv._pipeline import Pipeline, lost
from kconv._resource import Resource
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv.edges import Edge, Functions, Rename, Rule, Split
from kconv.fields import Int32, List, Object, String
from kconv.testing._failure import Broken
from kconv.testing._roundtrip import hub_round_trip, round_trip, there_and_back


class Night(Type):
    lamp = String()


class Feeding(Type):
    amount = Int32()
    night = Object(Night)


class Door(Type):
    latch = String()


class SpecV1(Type):
    address = String()
    feeding = Object(Feeding)
    needed = Object(Door, required=True)
    doors = List(Object(Type.from_dict({"front": Object(Door)})))


class AquariumV1(Resource):
    class Meta:
        group, version, kind = "reef.example.com", "v1", "Aquarium"

    spec = Object(SpecV1)


class Net(Type):
    host = String()
    port = String()


class SpecV2(Type):
    net = Object(Net)
    grams = Int32()
    lamp = String()
    latch = String()
    doors = List(Object(Type.from_dict({"latch": String()})))


class AquariumV2(Resource):
    class Meta:
        group, version, kind = "reef.example.com", "v2", "Aquarium"

    spec = Object(SpecV2)


def grams_to_hub(source: dict[str, Any], target: dict[str, Any]) -> None:
    feeding = source.get("spec", {}).get("feeding", {})
    if "amount" in feeding:
        target.setdefault("spec", {})["grams"] = feeding["amount"]


def grams_to_spoke(source: dict[str, Any], target: dict[str, Any]) -> None:
    if "grams" in source.get("spec", {}):
        target.setdefault("spec", {}).setdefault("feeding", {})["amount"] = source["spec"]["grams"]


AMOUNT = Rename("spec.feeding.amount", "spec.grams")
BY_FUNCTIONS = Functions(
    spoke="spec.feeding.amount",
    hub="spec.grams",
    to_hub=grams_to_hub,
    to_spoke=grams_to_spoke,
)


def reef(amount: Rule) -> Pipeline:
    scheme = Scheme()
    edge = Edge(
        AquariumV1,
        Split("spec.address", ("spec.net.host", "spec.net.port"), separator=":"),
        amount,
        Rename("spec.feeding.night.lamp", "spec.lamp"),
        Rename("spec.needed.latch", "spec.latch"),
        Rename("spec.doors[*].front.latch", "spec.doors[*].latch"),
    )
    scheme.add(hub_of(AquariumV2), Edge(AquariumV2), edge, storage="reef.example.com/v2")
    return Pipeline(scheme.freeze())


def aquarium(version: str, spec: dict[str, Any]) -> dict[str, Any]:
    head = {"apiVersion": f"reef.example.com/{version}", "kind": "Aquarium"}
    return {**head, "metadata": {"name": "a"}, "spec": spec}


def declared(pipeline: Pipeline) -> set[str]:
    v1 = pipeline.scheme.kinds[0].spokes[1]
    return {str(each) for each in v1.losses if "empty object" in each.reason}


def test_what_empty_objects_say_is_declared() -> None:
    reason = "dropped: an empty object is as good as none"
    night = f"spec.feeding.night.(zero): {reason}"
    others = {f"spec.doors[*].front.(zero): {reason}", f"spec.net.(zero): {reason}"}
    feeding = f"spec.feeding.(zero): {reason}"
    assert declared(reef(AMOUNT)) == {feeding, night, *others}
    assert declared(reef(BY_FUNCTIONS)) == {night, *others}, "what functions do, they say"


HERE = {"needed": {"latch": "a"}}


@pytest.mark.parametrize(
    ("version", "spec"),
    [
        ("v1", {**HERE, "feeding": {}}),
        ("v1", {**HERE, "feeding": {"night": {}}}),
        ("v1", {**HERE, "feeding": {"amount": 1, "night": {}}}),
        ("v1", {**HERE, "doors": [{"front": {}}, {"front": {"latch": "b"}}, {}]}),
        ("v2", {"latch": "a", "net": {}}),
        ("v2", {"latch": "a", "net": {"host": "b"}}),
    ],
)
def test_empty_objects_may_come_back_as_none(version: str, spec: dict[str, Any]) -> None:
    pipeline = reef(AMOUNT)
    v2, v1 = pipeline.scheme.kinds[0].spokes
    here, there = (v1, v2) if version == "v1" else (v2, v1)
    document = aquarium(version, spec)
    round_trip(pipeline, here, document)
    hub_round_trip(pipeline, v1, aquarium("v1", HERE))
    there_and_back(pipeline, here, there, document)
    decoded = pipeline.load(document, spoke=here)
    read = pipeline.from_hub(pipeline.to_hub(decoded), there)
    assert lost(pipeline, decoded, read) == [], "nor does a migration stop at them"


def test_one_that_has_to_be_there_may_not_go() -> None:
    pipeline = reef(AMOUNT)
    _, v1 = pipeline.scheme.kinds[0].spokes
    with pytest.raises(Broken, match=r"spec\.needed: was \{\}, is absent"):
        round_trip(pipeline, v1, aquarium("v1", {"needed": {}}))


def test_a_zero_within_is_lost_all_the_same() -> None:
    """What is said of the object says nothing of its fields."""
    said = {"spoke:spec.feeding.(zero)": "as good as none"}
    forgets = Functions(
        spoke="spec.feeding.amount",
        hub="spec.grams",
        to_hub=lambda source, target: None,
        to_spoke=lambda source, target: None,
        lost=said,
    )
    pipeline = reef(forgets)
    v2, v1 = pipeline.scheme.kinds[0].spokes
    decoded = pipeline.load(aquarium("v1", {**HERE, "feeding": {"amount": 0}}), spoke=v1)
    read = pipeline.from_hub(pipeline.to_hub(decoded), v2)
    assert [str(each) for each in lost(pipeline, decoded, read)] == [
        "spec.feeding.amount: 0 would be lost"
    ]
