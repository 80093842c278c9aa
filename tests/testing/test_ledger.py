"""What is declared is allowed, and no more; autoscaling/v1 says all of what it loses."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine.sample import pipeline, widget
from kconv._differences import differences
from kconv._pipeline import Pipeline
from kconv._scheme import HubKind, Spoke, load_scheme
from kconv.edges import Functions, Lose, Preserve, Rename, Rule
from kconv.testing._explore import explore
from kconv.testing._failure import Broken
from kconv.testing._roundtrip import hub_round_trip, round_trip, there_and_back
from kconv.testing._strategies import documents

SCHEME = load_scheme(("autoscaling",))
AUTOSCALERS = Pipeline(SCHEME)
V2, V1 = SCHEME.kinds[0].spokes


def resources(name: str) -> Any:
    """v2 autoscalers all of whose metrics are of one resource."""

    def renamed(document: dict[str, Any]) -> dict[str, Any]:
        document = copy.deepcopy(document)
        for metric in document["spec"].get("metrics") or ():
            if "resource" in metric:
                metric["type"] = "Resource"
                metric["resource"]["name"] = name
        for metric in (document.get("status") or {}).get("currentMetrics") or ():
            if "resource" in metric:
                metric["type"] = "Resource"
                metric["resource"]["name"] = name
        return document

    return documents(V2).map(renamed)


def test_autoscalers_on_cpu() -> None:
    explore(resources("cpu"), lambda each: there_and_back(AUTOSCALERS, V2, V1, each), 150)


def test_the_cpu_target_only_moves() -> None:
    metrics = [
        {"type": "Resource", "resource": {"name": name, "target": target}}
        for name, target in (
            ("cpu", {"type": "Utilization", "averageUtilization": 50}),
            ("memory", {"type": "AverageValue", "averageValue": "1Gi"}),
        )
    ]
    spec = {"maxReplicas": 1, "scaleTargetRef": {"kind": "A", "name": "a"}, "metrics": metrics}
    document = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "a"},
        "spec": spec,
    }
    there_and_back(AUTOSCALERS, V2, V1, document)


RULES: tuple[Rule, ...] = (
    Rename("spec.address", "spec.host"),
    Rename("spec.mode", "spec.modeName"),
    Rename("spec.ports[*].label", "spec.ports[*].name"),
    Lose(spoke=("spec.owner",), hub=("spec.hostPort", "spec.owners"), reason="nobody asks"),
    Preserve("spec.extra"),
)


def nothing(source: dict[str, Any], target: dict[str, Any]) -> None:
    """Convert nothing."""


def widgets(*rules: Rule) -> tuple[Pipeline, Spoke, Spoke]:
    """The small API with these rules: its pipeline, v1 and v2."""
    made = pipeline(*RULES, *rules)
    kind: HubKind = made.scheme.kinds[0]
    v2, v1 = kind.spokes
    return made, v1, v2


def forgetful(**declared: Any) -> Functions:
    """A rule that drops spec.strict, whatever it says of it."""
    return Functions(hub=("spec.strict",), to_hub=nothing, to_spoke=nothing, **declared)


def test_a_loss_without_a_word_is_broken() -> None:
    made, v1, v2 = widgets(forgetful())
    with pytest.raises(Broken, match=r"spec\.strict: was true, is absent"):
        there_and_back(made, v2, v1, widget("v2", {"strict": True}))


def test_an_acknowledged_loss_holds() -> None:
    made, v1, v2 = widgets(forgetful(lost={"spec.strict": "nobody asks"}))
    there_and_back(made, v2, v1, widget("v2", {"strict": True}))


def test_what_an_annotation_is_said_to_keep_must_come_back() -> None:
    made, v1, v2 = widgets(forgetful(kept={"spec.strict": "example.com/strict"}))
    with pytest.raises(Broken, match=r"declared: spec\.strict: kept in the annotation"):
        there_and_back(made, v2, v1, widget("v2", {"strict": True}))


def test_a_narrow_loss_allows_no_more() -> None:
    made, v1, v2 = widgets(forgetful(lost={"spec.strict.(zero)": "v1 cannot tell"}))
    there_and_back(made, v2, v1, widget("v2", {"strict": False}))
    with pytest.raises(Broken, match=r"spec\.strict"):
        there_and_back(made, v2, v1, widget("v2", {"strict": True}))


def test_a_loss_of_the_spoke() -> None:
    made, v1, v2 = widgets(forgetful(lost={"spec.strict": "nobody asks"}))
    document = widget("v1", {"owner": "me", "address": "here", "ports": [{"port": 1}]})
    round_trip(made, v1, document)
    hub_round_trip(made, v1, document)
    there_and_back(made, v1, v2, document)


def wrong(name: str, value: Any) -> Functions:
    """A rule that writes a value to a field of v2's spec."""

    def to_hub(source: dict[str, Any], target: dict[str, Any]) -> None:
        target["spec"][name] = value

    return Functions(
        hub=("spec.strict",), to_hub=to_hub, to_spoke=nothing, lost={"spec.strict": "nobody asks"}
    )


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (wrong("size", -1), r"spec\.size: Invalid value: -1: must be greater than or equal to 0"),
        (wrong("strict", "no"), r"spec\.strict: .*a boolean"),
    ],
)
def test_what_becomes_of_a_valid_object_is_valid(rule: Functions, line: str) -> None:
    made, v1, v2 = widgets(rule)
    with pytest.raises(Broken, match=rf"makes an invalid object of a valid one\.\n  {line}"):
        there_and_back(made, v1, v2, widget("v1", {}))


def test_what_becomes_of_an_invalid_object_may_be_invalid() -> None:
    made, v1, v2 = widgets(forgetful(lost={"spec.strict": "nobody asks"}))
    there_and_back(made, v1, v2, widget("v1", {"size": -1}))


def test_a_renamed_loss_is_found_on_the_other_side() -> None:
    drop = Functions(spoke=("spec.address",), hub=("spec.host",), to_hub=nothing, to_spoke=nothing)
    rules = (drop, *RULES[1:], forgetful(lost={"spec.strict": "nobody asks"}))
    made = pipeline(*rules)
    _, v1 = made.scheme.kinds[0].spokes
    with pytest.raises(Broken, match=r"spec\.address") as caught:
        round_trip(made, v1, widget("v1", {"address": "here"}))
    assert 'lost={"spoke:spec.address": "…"}' in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": 1}}, {}, ["a.b: was 1, is absent"]),
        ({"a": {}}, {}, ["a: was {}, is absent"]),
        ({}, {"a": [1]}, ["a[0]: was absent, is 1"]),
        ({"a": True}, {"a": 1}, ["a: was true, is 1"]),
        ({"a": [1, 2, 3]}, {"a": [3, 1, 2]}, ["a: was [1,2,3], is [3,1,2]"]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 2}]}, ["a[0].b: was 1, is absent"]),
        ({"a": [{"b": 1, "c": 1}]}, {"a": [{"b": 1, "c": 2}]}, ["a[0].c: was 1, is 2"]),
    ],
)
def test_differences(before: Any, after: Any, shown: list[str]) -> None:
    assert [str(each) for each in differences(before, after)] == shown
