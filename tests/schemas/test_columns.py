"""Cells of ``kubectl get`` that the recorded tables do not show."""

from typing import Any

import pytest

from kconv._gvk import GroupVersion
from kconv._scheme import Scheme


def cells(scheme: Scheme, api_version: str, kind: str, **value: Any) -> dict[str, Any]:
    spoke = scheme.spoke(GroupVersion.parse(api_version).kind(kind))
    columns = spoke.options.printer_columns
    return {each.name: each.value(value) for each in columns if callable(each.value)}


def test_every_kind_has_columns(scheme: Scheme) -> None:
    for kind in scheme.kinds:
        for spoke in kind.spokes:
            names = [column.name for column in spoke.options.printer_columns]
            assert "Name" in names, spoke


@pytest.mark.parametrize(
    ("metrics", "current", "text"),
    [
        ([], [], "<none>"),
        (["cpu"], [], "cpu: <unknown>/80%"),
        (["cpu"], ["cpu"], "cpu: 12%/80%"),
        (["memory"], ["memory"], "memory: 1Gi/2Gi"),
        (["pods"], ["pods"], "1500m/3"),
        (["external"], ["external"], "5/30 (avg)"),
        (["object"], [], "<unknown>/10k"),
        (["?"], [], "<unknown type>"),
        (
            ["cpu", "memory", "pods", "object"],
            [],
            "cpu: <unknown>/80%, memory: <unknown>/2Gi + 2 more...",
        ),
    ],
)
def test_targets(metrics: list[str], current: list[str], text: str, scheme: Scheme) -> None:
    value = {
        "spec": {"metrics": [METRICS[name] for name in metrics]},
        "status": {"currentMetrics": [CURRENT[name] for name in current]},
    }
    found = cells(scheme, "autoscaling/v2", "HorizontalPodAutoscaler", **value)
    assert found["Targets"] == text


METRICS: dict[str, dict[str, Any]] = {
    "cpu": {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}},
    "memory": {
        "type": "Resource",
        "resource": {"name": "memory", "target": {"averageValue": "2Gi"}},
    },
    "pods": {"type": "Pods", "pods": {"target": {"averageValue": "3"}}},
    "external": {"type": "External", "external": {"target": {"averageValue": "30"}}},
    "object": {"type": "Object", "object": {"target": {"value": "10k"}}},
    "?": {"type": "?"},
}
CURRENT: dict[str, dict[str, Any]] = {
    "cpu": {"resource": {"current": {"averageUtilization": 12}}},
    "memory": {"resource": {"current": {"averageValue": "1Gi"}}},
    "pods": {"pods": {"current": {"averageValue": "1500m"}}},
    "external": {"external": {"current": {"averageValue": "5"}}},
}


def test_the_targets_of_v1_are_all_of_them(scheme: Scheme) -> None:
    text = '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"2Gi"}}]'
    annotations = {"autoscaling.alpha.kubernetes.io/metrics": text}
    value = {
        "metadata": {"annotations": annotations},
        "spec": {"targetCPUUtilizationPercentage": 50},
        "status": {"currentCPUUtilizationPercentage": 7, "currentReplicas": 2},
    }
    found = cells(scheme, "autoscaling/v1", "HorizontalPodAutoscaler", **value)
    assert found["Targets"] == "memory: <unknown>/2Gi, cpu: <unknown>/50%"
    assert found["Replicas"] == 2
    assert value["metadata"] == {"annotations": annotations}


@pytest.mark.parametrize(
    ("spec", "status", "shown"),
    [
        ({"completions": 3}, {"succeeded": 1}, ("Running", "1/3", "")),
        ({"parallelism": 2}, {}, ("Running", "0/1 of 2", "")),
        (
            {},
            {
                "startTime": "2026-01-01T00:00:00Z",
                "completionTime": "2026-01-01T00:03:07Z",
                "conditions": [{"type": "Complete", "status": "True"}],
            },
            ("Complete", "0/1", "3m7s"),
        ),
        ({}, {"conditions": [{"type": "Failed", "status": "False"}]}, ("Running", "0/1", "")),
        ({}, {"conditions": [{"type": "Suspended", "status": "True"}]}, ("Suspended", "0/1", "")),
    ],
)
def test_jobs(spec: Any, status: Any, shown: tuple[str, ...], scheme: Scheme) -> None:
    found = cells(scheme, "batch/v1", "Job", spec=spec, status=status)
    assert (found["Status"], found["Completions"], found["Duration"]) == shown


def test_core(scheme: Scheme) -> None:
    config_map = cells(scheme, "v1", "ConfigMap", data={"a": ""}, binaryData={"b": "", "c": ""})
    assert config_map == {"Data": 3}
    assert cells(scheme, "v1", "Secret", type="Opaque") == {"Type": "Opaque", "Data": 0}
    assert cells(scheme, "v1", "Namespace", status={"phase": "Active"}) == {"Status": "Active"}
    event = {
        "involvedObject": {"kind": "Pod", "name": "p"},
        "message": " text\n",
        "source": {"component": "kubelet", "host": "h"},
        "series": {"count": 5},
    }
    found = cells(scheme, "v1", "Event", **event)
    assert (found["Object"], found["Message"], found["Count"]) == ("pod/p", "text", 5)
    assert found["Source"] == "kubelet, h"
    assert found["Last Seen"] == "<unknown>"


def test_selectors(scheme: Scheme) -> None:
    selector = {
        "matchLabels": {"b": "2", "a": "1"},
        "matchExpressions": [
            {"key": "k", "operator": "In", "values": ["y", "x"]},
            {"key": "gone", "operator": "DoesNotExist"},
        ],
    }
    pod = {"containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "j"}]}
    spec = {"selector": selector, "template": {"spec": pod}}
    found = cells(scheme, "batch/v1", "Job", spec=spec)
    assert found["Selector"] == "a=1,b=2,k in (x,y),!gone"
    assert (found["Containers"], found["Images"]) == ("c,d", "i,j")
