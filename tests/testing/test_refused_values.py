"""A function that refuses values on purpose and says so: no fault to the tests of an API."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from kconv import ConversionError, hub_of
from kconv._errors import SchemeError
from kconv._pipeline import Pipeline
from kconv._resource import Resource
from kconv._schema import Type
from kconv._scheme import Scheme, Spoke
from kconv.edges import Edge, Functions
from kconv.fields import Object, String
from kconv.testing._converted import converted_files
from kconv.testing._explore import explore
from kconv.testing._failure import Broken
from kconv.testing._full_objects import full
from kconv.testing._refused import Refusing
from kconv.testing._roundtrip import hub_round_trip, there_and_back
from kconv.testing._strategies import documents
from kconv.testing._suite import _showing


class LampV1(Resource):
    class Meta:
        group, version, kind = "lamps.example.com", "v1", "Lamp"

    spec = Object(Type.from_dict({"switch": String(enum=("On", "Off"))}))


class LampV1beta1(Resource):
    class Meta:
        group, version, kind = "lamps.example.com", "v1beta1", "Lamp"

    spec = Object(Type.from_dict({"switch": String(enum=("On", "Off"))}))


class LampV2(Resource):
    class Meta:
        group, version, kind = "lamps.example.com", "v2", "Lamp"

    spec = Object(Type.from_dict({"mode": String(enum=("Auto", "On", "Off"))}))


def to_hub(lamp: dict[str, Any], hub: dict[str, Any]) -> None:
    if "switch" in lamp.get("spec", {}):
        hub.setdefault("spec", {})["mode"] = lamp["spec"]["switch"]


def refusing(*values: str) -> Any:
    def to_spoke(hub: dict[str, Any], lamp: dict[str, Any]) -> None:
        mode = hub.get("spec", {}).get("mode")
        if mode in values:
            raise ConversionError(f"spec.mode: {mode} is not there before v2: read it in v2")
        if mode is not None:
            lamp.setdefault("spec", {})["switch"] = mode

    return to_spoke


def lamps(refused: dict[str, str], *values: str) -> tuple[Pipeline, Spoke, Spoke]:
    """Lamps whose rule refuses those values on the way to v1; v1beta1 goes by way of v1."""
    rule = Functions(
        spoke="spec.switch",
        hub="spec.mode",
        to_hub=to_hub,
        to_spoke=refusing(*values),
        refused=refused,
    )
    edges = Edge(LampV2), Edge(LampV1, rule), Edge(LampV1beta1, via=LampV1)
    scheme = Scheme()
    scheme.add(hub_of(LampV2), *edges, storage="lamps.example.com/v2")
    pipeline = Pipeline(scheme.freeze())
    v2, _, v1beta1 = pipeline.scheme.kinds[0].spokes
    return pipeline, v2, v1beta1


def tried(pipeline: Pipeline, v2: Spoke, v1beta1: Spoke) -> None:
    """As `ApiTests` does it."""
    check = Refusing(partial(there_and_back, pipeline, v2, v1beta1))
    shown = partial(_showing, v2, check)
    explore(documents(v2), shown, 20)
    shown(full(v2))
    check.says_something("v2")


AUTO = {"spec.mode": "v1 has no Auto"}


def test_what_is_refused_on_purpose_is_no_fault() -> None:
    pipeline, v2, v1beta1 = lamps(AUTO, "Auto")
    tried(pipeline, v2, v1beta1)
    assert full(v2)["spec"]["mode"] == "Auto"
    assert [each.name for each in converted_files(pipeline, v2, pipeline_bytes(full(v2)))] == []
    hub_round_trip(pipeline, v1beta1, full(v1beta1))


def pipeline_bytes(document: dict[str, Any]) -> bytes:
    from kconv._codec import json

    return json.encode(document)


@pytest.mark.parametrize(
    ("refused", "values", "said"),
    [
        ({}, ["Auto"], r"Auto is not there before v2(.|\n)*refused="),
        ({"spoke:spec.switch": "other way"}, ["Auto"], "Auto is not there before v2"),
        (AUTO, ["Auto", "On", "Off", None], "every object that was tried is refused"),
    ],
)
def test_what_is_no_announced_refusal_is_a_fault(
    refused: dict[str, str], values: list[str], said: str
) -> None:
    with pytest.raises(Broken, match=said):
        tried(*lamps(refused, *values))


@pytest.mark.parametrize(
    ("refused", "said"),
    [({"spec.mode": ""}, "say why spec.mode may be refused"), ({"spec.name": "x"}, "name it in")],
)
def test_a_refusal_needs_a_reason_and_a_field(refused: dict[str, str], said: str) -> None:
    with pytest.raises(SchemeError, match=said):
        lamps(refused)
