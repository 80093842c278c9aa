"""Autoscalers in versions that no reference data has: autoscaling/v2beta1 and v2beta2.

What is expected is what Kubernetes' own conversions did, until it removed these versions.
"""

import json
from typing import Any

import pytest

from kconv import GroupVersion, InvalidObject, Pipeline, Scheme

AT = "autoscaling.alpha.kubernetes.io/"
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
SELECTOR = {"matchLabels": {"a": "b"}}
REFERENCE = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "main"}

Value = dict[str, Any]

METRICS: dict[str, tuple[Value, Value]] = {
    "a share": (
        {"resource": {"name": "cpu", "targetAverageUtilization": 50}},
        {"resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}},
    ),
    "an amount": (
        {"resource": {"name": "memory", "targetAverageValue": "1Gi"}},
        {"resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
    ),
    "of a container": (
        {"containerResource": {"name": "cpu", "container": "c", "targetAverageUtilization": 5}},
        {
            "containerResource": {
                "name": "cpu",
                "container": "c",
                "target": {"type": "Utilization", "averageUtilization": 5},
            }
        },
    ),
    "of the pods": (
        {"pods": {"metricName": "hits", "selector": SELECTOR, "targetAverageValue": "1k"}},
        {
            "pods": {
                "metric": {"name": "hits", "selector": SELECTOR},
                "target": {"type": "AverageValue", "averageValue": "1k"},
            }
        },
    ),
    "of an object": (
        {"object": {"metricName": "hits", "target": REFERENCE, "targetValue": "2"}},
        {
            "object": {
                "metric": {"name": "hits"},
                "describedObject": REFERENCE,
                "target": {"type": "Value", "value": "2"},
            }
        },
    ),
    "of an object, by pod": (
        {"object": {"metricName": "hits", "target": REFERENCE, "averageValue": "2"}},
        {
            "object": {
                "metric": {"name": "hits"},
                "describedObject": REFERENCE,
                "target": {"type": "AverageValue", "averageValue": "2"},
            }
        },
    ),
    "from elsewhere": (
        {"external": {"metricName": "q", "metricSelector": SELECTOR, "targetAverageValue": "3"}},
        {
            "external": {
                "metric": {"name": "q", "selector": SELECTOR},
                "target": {"type": "AverageValue", "averageValue": "3"},
            }
        },
    ),
}


def autoscaler(version: str, annotations: Value | None = None, **spec: Any) -> Value:
    metadata: Value = {"name": "web"} | ({"annotations": annotations} if annotations else {})
    return {
        "apiVersion": f"autoscaling/{version}",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": {"maxReplicas": 3, "scaleTargetRef": TARGET, **spec},
    }


def converted(pipeline: Pipeline, value: Value, to: str, *, trusted: bool = False) -> Any:
    data = json.dumps(value).encode()
    return json.loads(pipeline.convert(data, GroupVersion.parse(to), trusted=trusted))


@pytest.mark.parametrize("what", METRICS)
def test_metrics_of_v2beta1(what: str, pipeline: Pipeline) -> None:
    old, new = METRICS[what]
    (source,) = new
    type_ = {"type": f"{source[0].upper()}{source[1:]}"}
    given = autoscaler("v2beta1", metrics=[type_ | old])
    made = converted(pipeline, given, "autoscaling/v2")
    assert made["spec"]["metrics"] == [type_ | new]
    back = converted(pipeline, made, "autoscaling/v2beta1")["spec"]["metrics"]
    if "object" in old:  # which has a value, whatever its target
        old = {"object": {"targetValue": "0"} | old["object"]}
    assert back == [type_ | old]
    by_v1 = converted(pipeline, converted(pipeline, given, "autoscaling/v1"), "autoscaling/v2")
    assert by_v1["spec"]["metrics"] == [type_ | new]


def test_the_status_of_v2beta1(pipeline: Pipeline) -> None:
    given = autoscaler("v2beta1")
    given["status"] = {
        "currentReplicas": 1,
        "desiredReplicas": 2,
        "conditions": [{"type": "AbleToScale", "status": "True"}],
        "currentMetrics": [
            {"type": "Pods", "pods": {"metricName": "hits", "currentAverageValue": "7"}}
        ],
    }
    made = converted(pipeline, given, "autoscaling/v2")
    (metric,) = made["status"].pop("currentMetrics")
    assert metric == {
        "type": "Pods",
        "pods": {"metric": {"name": "hits"}, "current": {"averageValue": "7"}},
    }
    assert converted(pipeline, {**made}, "autoscaling/v2beta1")["status"] == {
        "currentReplicas": 1,
        "desiredReplicas": 2,
        "conditions": [{"type": "AbleToScale", "status": "True"}],
    }


@pytest.mark.parametrize("version", ["v2beta1", "v2beta2"])
def test_without_a_metric_cpu_counts(version: str, pipeline: Pipeline) -> None:
    made = converted(pipeline, autoscaler(version), "autoscaling/v2")
    assert made == converted(pipeline, autoscaler("v2"), "autoscaling/v2")
    assert made["spec"]["minReplicas"] == 1


def test_behavior_is_kept_in_annotations(pipeline: Pipeline) -> None:
    rules = {"selectPolicy": "Max", "policies": [{"type": "Pods", "value": 1, "periodSeconds": 9}]}
    up = {**rules, "stabilizationWindowSeconds": 5, "tolerance": "50m"}
    given = autoscaler(
        "v2",
        {"own": "x", f"{AT}metrics": "[]", f"{AT}scale-down-tolerance": "1"},
        behavior={"scaleUp": up, "scaleDown": rules},
    )
    oldest = converted(pipeline, given, "autoscaling/v2beta1")
    assert set(oldest["metadata"]["annotations"]) == {"own", f"{AT}behavior"}
    assert '"Tolerance":"50m"' in oldest["metadata"]["annotations"][f"{AT}behavior"]
    older = converted(pipeline, given, "autoscaling/v2beta2")
    assert older["metadata"]["annotations"] == {"own": "x", f"{AT}scale-up-tolerance": "50m"}
    assert "tolerance" not in older["spec"]["behavior"]["scaleUp"]
    for each in (oldest, older):
        back = converted(pipeline, each, "autoscaling/v2")
        assert back["spec"]["behavior"] == given["spec"]["behavior"]
        assert back["metadata"]["annotations"] == {"own": "x"}


BAD: dict[str, tuple[Value, list[str]]] = {
    "no replicas": ({"maxReplicas": 0}, ["spec.maxReplicas", "spec.maxReplicas"]),
    "no source": ({"metrics": [{"type": "Pods"}]}, ["spec.metrics[0].pods"]),
    "no target": (
        {"metrics": [{"type": "Resource", "resource": {"name": "cpu"}}]},
        ["spec.metrics[0].resource.targetAverageUtilization"],
    ),
    "two targets": (
        {
            "metrics": [
                {
                    "type": "External",
                    "external": {"metricName": "m", "targetValue": "1", "targetAverageValue": "2"},
                }
            ]
        },
        ["spec.metrics[0].external.targetValue"],
    ),
    "a target of zero": (
        {"metrics": [{"type": "Pods", "pods": {"metricName": "m"}}]},
        ["spec.metrics[0].pods.targetAverageValue"],
    ),
    "two targets of an object": (
        {
            "metrics": [
                {
                    "type": "Object",
                    "object": {
                        "metricName": "m",
                        "target": REFERENCE,
                        "targetValue": "1",
                        "averageValue": "2",
                    },
                }
            ]
        },
        ["spec.metrics[0].object.targetValue"],
    ),
    "a name that is no part of a URL": (
        {"metrics": [{"type": "Pods", "pods": {"metricName": "a/b", "targetAverageValue": "1"}}]},
        ["spec.metrics[0].pods.metricName"],
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_v2beta1_refuses(what: str, pipeline: Pipeline) -> None:
    spec, paths = BAD[what]
    with pytest.raises(InvalidObject) as refused:
        pipeline.load(autoscaler("v2beta1", **spec))
    assert [str(each).partition(": ")[0] for each in refused.value.findings] == paths


def test_what_is_served_has_its_former_versions_on_demand(scheme: Scheme) -> None:
    for version in ("v1", "v2"):
        spoke = scheme.spoke(GroupVersion("autoscaling", version).kind("HorizontalPodAutoscaler"))
        assert [each.options.version for each in spoke.kind.spokes] == ["v2", "v1"]
        found = scheme.version_of(spoke, GroupVersion("autoscaling", "v2beta2"))
        assert found is not None
        assert found.options.version == "v2beta2"
        # Another kind that only shares the name is none of its versions.
        assert scheme.version_of(spoke, GroupVersion("apps", "v1")) is None
    server = scheme.without_documents()
    served = server.spoke(GroupVersion("autoscaling", "v2").kind("HorizontalPodAutoscaler"))
    assert server.version_of(served, GroupVersion("autoscaling", "v2beta2")) is None
