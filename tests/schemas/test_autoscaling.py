"""What v1 keeps in annotations, and how it is read back."""

import json
from typing import Any

import pytest

from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv_schemas.autoscaling import kept

TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
V1, V2 = GroupVersion("autoscaling", "v1"), GroupVersion("autoscaling", "v2")

MEMORY = {
    "type": "Resource",
    "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "5Gi"}},
}


def cpu(share: int) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": share}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def v1(annotations: dict[str, str] | None = None, **spec: Any) -> bytes:
    metadata: dict[str, Any] = {"name": "web"}
    if annotations is not None:
        metadata["annotations"] = annotations
    spec = {"maxReplicas": 3, "scaleTargetRef": TARGET, **spec}
    return _bytes("autoscaling/v1", metadata, spec)


def v2(metrics: list[Any], **spec: Any) -> bytes:
    spec = {"maxReplicas": 3, "scaleTargetRef": TARGET, "metrics": metrics, **spec}
    return _bytes("autoscaling/v2", {"name": "web"}, spec)


def _bytes(api_version: str, metadata: Any, spec: Any) -> bytes:
    value = {"apiVersion": api_version, "kind": "HorizontalPodAutoscaler"}
    return json.dumps({**value, "metadata": metadata, "spec": spec}).encode()


def convert(pipeline: Pipeline, data: bytes, to: GroupVersion) -> dict[str, Any]:
    converted: dict[str, Any] = json.loads(pipeline.convert(data, to))
    return converted


@pytest.mark.parametrize(
    "text",
    ["", "not json", "{}", '"x"', "[1]", '[{"type": 1}]', '[{"resource": []}]', "[" * 10_000],
)
def test_malformed_metrics_are_ignored_and_dropped(text: str, pipeline: Pipeline) -> None:
    data = v1({kept.METRICS: text, "own": "stays"}, targetCPUUtilizationPercentage=50)
    converted = convert(pipeline, data, V2)
    assert converted["spec"]["metrics"] == [cpu(50)]
    assert converted["metadata"]["annotations"] == {"own": "stays"}


@pytest.mark.parametrize(
    "text", ["[]", "null", "{}", '{"scaleUp": 1}', '{"ScaleDown": {"policies": {}}}']
)
def test_malformed_behavior_is_ignored_and_dropped(text: str, pipeline: Pipeline) -> None:
    converted = convert(pipeline, v1({kept.BEHAVIOR: text}), V2)
    assert "behavior" not in converted["spec"]
    assert "annotations" not in converted["metadata"]


def test_names_are_read_in_any_case(pipeline: Pipeline) -> None:
    text = '[{"TYPE":"Resource","Resource":{"NAME":"memory","targetaveragevalue":"1024Ki"}}]'
    behavior = '{"SCALEDOWN":{"stabilizationwindowseconds":7,"Policies":null,"more":1}}'
    converted = convert(pipeline, v1({kept.METRICS: text, kept.BEHAVIOR: behavior}), V2)
    target = {"type": "AverageValue", "averageValue": "1Mi"}
    assert converted["spec"]["metrics"] == [
        {"type": "Resource", "resource": {"name": "memory", "target": target}}
    ]
    assert converted["spec"]["behavior"] == {"scaleDown": {"stabilizationWindowSeconds": 7}}


def test_the_cpu_target_comes_last(pipeline: Pipeline) -> None:
    as_v1 = pipeline.convert(v2([cpu(60), MEMORY]), V1)
    assert json.loads(as_v1)["spec"]["targetCPUUtilizationPercentage"] == 60
    assert convert(pipeline, as_v1, V2)["spec"]["metrics"] == [MEMORY, cpu(60)]


def test_a_second_cpu_target_is_not_lost(pipeline: Pipeline) -> None:
    as_v1 = pipeline.convert(v2([cpu(60), cpu(70)]), V1)
    assert convert(pipeline, as_v1, V2)["spec"]["metrics"] == [cpu(70), cpu(60)]


def test_an_average_alone_gains_no_value(pipeline: Pipeline) -> None:
    described = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "main"}
    source = {
        "describedObject": described,
        "metric": {"name": "requests"},
        "target": {"type": "AverageValue", "averageValue": "5"},
    }
    metrics = [{"type": "Object", "object": source}, cpu(80)]
    as_v1 = pipeline.convert(v2(metrics), V1)
    assert convert(pipeline, as_v1, V2)["spec"]["metrics"] == metrics


def test_texts_are_escaped_as_go_does(pipeline: Pipeline) -> None:
    source = {"metric": {"name": "<a>&\u2028é"}, "target": {"type": "Value", "value": "1"}}
    as_v1 = convert(pipeline, v2([{"type": "External", "external": source}]), V1)
    assert as_v1["metadata"]["annotations"][kept.METRICS] == (
        '[{"type":"External","external":{"metricName":"\\u003ca\\u003e\\u0026\\u2028é",'
        '"targetValue":"1"}}]'
    )


def test_annotations_that_v2_brings_do_not_count(pipeline: Pipeline) -> None:
    value = json.loads(v2([MEMORY]))
    value["metadata"]["annotations"] = {kept.METRICS: "stale", kept.CONDITIONS: "[]", "own": "1"}
    as_v1 = convert(pipeline, json.dumps(value).encode(), V1)
    assert set(as_v1["metadata"]["annotations"]) == {kept.METRICS, "own"}
    assert "memory" in as_v1["metadata"]["annotations"][kept.METRICS]


def test_the_input_is_not_changed(pipeline: Pipeline) -> None:
    decoded = pipeline.decode(v1({kept.METRICS: "[]", "own": "1"}))
    before = json.dumps(pipeline.dump(decoded), sort_keys=True)
    pipeline.convert_decoded(decoded, V2)
    assert json.dumps(pipeline.dump(decoded), sort_keys=True) == before


@pytest.mark.parametrize(
    ("given", "scale_up", "scale_down"),
    [
        ({}, 2, 1),
        ({"scaleUp": {"selectPolicy": "Disabled"}}, 2, 1),
        ({"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 9}] * 3}}, 2, 3),
    ],
)
def test_behavior_is_completed(
    given: dict[str, Any], scale_up: int, scale_down: int, pipeline: Pipeline
) -> None:
    behavior = convert(pipeline, v2([MEMORY], behavior=given), V2)["spec"]["behavior"]
    assert len(behavior["scaleUp"]["policies"]) == scale_up
    assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert len(behavior["scaleDown"]["policies"]) == scale_down
    assert "stabilizationWindowSeconds" not in behavior["scaleDown"]


@pytest.mark.parametrize(("number", "kept_one"), [("5", True), ("5.0", False), ("5e0", False)])
def test_numbers_in_annotations_are_read_as_any_others(
    number: str, kept_one: bool, pipeline: Pipeline
) -> None:
    resource = f'"resource":{{"name":"memory","targetAverageUtilization":{number}}}'
    for spelled in (resource, resource.replace("name", "NAME")):
        text = f'[{{"type":"Resource",{spelled}}}]'
        metrics = convert(pipeline, v1({kept.METRICS: text}), V2)["spec"]["metrics"]
        assert (metrics[0]["resource"]["name"] == "memory") is kept_one


def test_requirements_without_key_or_operator_are_written_as_go_does(pipeline: Pipeline) -> None:
    selector = {"matchExpressions": [{"operator": "Exists"}, {"key": "a"}]}
    metric = {"type": "Pods", "pods": {"metric": {"name": "x", "selector": selector}}}
    data = v2([metric])
    as_v1 = json.loads(pipeline.convert(data, V1, trusted=True))
    assert (
        '[{"key":"","operator":"Exists"},{"key":"a","operator":""}]'
        in as_v1["metadata"]["annotations"][kept.METRICS]
    )
