"""What converting says is lost is what re-encoding stored objects refuses, in the same words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.sample import pipeline, widget
from engine.test_edges import rules
from kconv._gvk import GroupVersion
from kconv._paths import format_path
from kconv._pipeline import Pipeline, PlainEngine, converts_to
from kconv._pipeline.compiled import CompiledEngine
from kconv._pipeline.reencode import Reencoder, WouldLose
from kconv._scheme import load_scheme
from kconv.edges import Lose


def losses_by_both(made: Pipeline, value: dict[str, Any], to: str) -> tuple[list[str], list[str]]:
    """What converting an object loses, and what re-encoding it would."""
    decoded = made.load(value, trusted=True)
    target = GroupVersion.parse(to)
    kind = decoded.spoke.kind
    spoke = kind.spoke_for(target)
    assert spoke is not None
    converting = [str(each) for each in converts_to(made, decoded, spoke)[1]]
    data = made.encode(decoded)
    reencoder = Reencoder(made)
    quick = reencoder.quickly(data, decoded.spoke, spoke)
    try:
        found = reencoder.reencode(data, decoded.spoke.api_version, kind, target)
    except WouldLose as error:
        assert quick is None
        return converting, [f"{format_path(each.path)}: {each.message}" for each in error.findings]
    assert quick in (None, found.data)
    return converting, []


def autoscaler(*metrics: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "maxReplicas": 3,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "metrics": list(metrics),
            **spec,
        },
    }


def resource(name: str, **target: Any) -> dict[str, Any]:
    return {"type": "Resource", "resource": {"name": name, "target": target}}


CPU = resource("cpu", type="Utilization", averageUtilization=50)
MEMORY = resource("memory", type="AverageValue", averageValue="1Gi")
LOSSY = resource("memory", type="AverageValue", averageValue="1Gi", value="7")
REORDERED = (
    "spec.metrics: its elements would come back in another order (the target of CPU utilization "
    "comes back as the last one)"
)


@pytest.mark.parametrize("engine", [PlainEngine, CompiledEngine])
@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ([CPU], []),
        ([MEMORY, CPU], []),
        ([CPU, MEMORY], [REORDERED]),
        ([LOSSY, CPU], ['spec.metrics[0].resource.target.value: "7" would be lost (v1 does not']),
        ([CPU, MEMORY, MEMORY], [REORDERED]),
        ([MEMORY, CPU, MEMORY], [REORDERED]),
    ],
)
def test_autoscalers(
    engine: type[PlainEngine], metrics: list[dict[str, Any]], expected: list[str]
) -> None:
    made = Pipeline(load_scheme(), engine())
    converting, migrating = losses_by_both(made, autoscaler(*metrics), "autoscaling/v1")
    assert len(converting) == len(expected)
    assert all(map(str.startswith, converting, expected))
    assert migrating == converting


def test_what_the_hub_cannot_hold() -> None:
    made = pipeline(*rules(owner=Lose(spoke=("spec.owner",), hub=("spec.owners",), reason="so")))
    value = widget("v1", {"owner": "me"})
    converting, migrating = losses_by_both(made, value, "example.com/v2")
    assert converting == migrating == ['spec.owner: "me" would be lost (so)']
    accepted = Reencoder(made, accept_loss=True)
    decoded = made.load(value, trusted=True)
    data = made.encode(decoded)
    found = accepted.reencode(
        data, "example.com/v1", decoded.spoke.kind, GroupVersion.parse("example.com/v2")
    )
    assert [each.message for each in found.lost] == ['"me" would be lost (so)']
    assert "owner" not in json.loads(found.data)["spec"]


def test_a_stored_field_that_comes_twice_is_not_dropped() -> None:
    made = Pipeline(load_scheme(), CompiledEngine())
    decoded = made.load(autoscaler(CPU), trusted=True)
    data = made.encode(decoded).replace(b'"maxReplicas":3', b'"maxReplicas":4,"maxReplicas":3')
    kind = decoded.spoke.kind
    target = kind.spoke_for(GroupVersion.parse("autoscaling/v1"))
    assert target is not None
    reencoder = Reencoder(made)
    assert reencoder.quickly(data, decoded.spoke, target) is None
    with pytest.raises(Exception, match=r'duplicate field "spec\.maxReplicas"'):
        reencoder.reencode(data, "autoscaling/v2", kind, target.group_version)
