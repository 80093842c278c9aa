"""Lists whose elements are known by keys, or by themselves: in objects as clusters hold them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from kconv import Pipeline
from kconv._errors import InvalidObject
from kconv._pipeline import PlainEngine
from kconv._scheme import load_scheme

SCHEME = load_scheme()
COMPILED, PLAIN = Pipeline(SCHEME), Pipeline(SCHEME, PlainEngine())


TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def autoscaler(conditions: list[Any]) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": TARGET},
        "status": {"desiredReplicas": 1, "currentMetrics": [], "conditions": conditions},
    }


def namespace(conditions: list[Any]) -> dict[str, Any]:
    status = {"conditions": conditions}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "shop"},
        "status": status,
    }


def job(**pod: Any) -> dict[str, Any]:
    container = {"name": "a", "image": "b", "volumeDevices": pod.pop("devices", [])}
    spec = {"restartPolicy": "Never", "containers": [container], **pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "a", "namespace": "shop"},
        "spec": {"template": {"spec": spec}},
    }


def spread(elements: list[Any]) -> dict[str, Any]:
    return job(topologySpreadConstraints=elements)


def devices(elements: list[Any]) -> dict[str, Any]:
    volumes = [
        {"name": each["name"], "persistentVolumeClaim": {"claimName": each["name"]}}
        for each in elements
    ]
    return job(devices=elements, volumes=volumes)


def zone(key: str, otherwise: str) -> dict[str, Any]:
    return {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": otherwise}


LISTS = {
    "conditions of an autoscaler": (
        autoscaler,
        {"type": "AbleToScale", "status": "True"},
        {"type": "ScalingActive", "status": "True"},
    ),
    "conditions of a namespace": (
        namespace,
        {"type": "NamespaceDeletionContentFailure", "status": "False"},
        {"type": "NamespaceContentRemaining", "status": "False"},
    ),
    "spread of pods": (spread, zone("a", "DoNotSchedule"), zone("a", "ScheduleAnyway")),
    "devices": (
        devices,
        {"name": "x", "devicePath": "/dev/x"},
        {"name": "y", "devicePath": "/dev/y"},
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_elements_of_other_keys(name: str) -> None:
    made, one, other = LISTS[name]
    data = json.dumps(made([one, other])).encode()
    assert COMPILED.decode(data).value == PLAIN.decode(data).value
    assert COMPILED.decode(data, field_validation="Strict").value == PLAIN.decode(data).value


@pytest.mark.parametrize("name", LISTS)
def test_the_same_keys_twice(name: str) -> None:
    made, one, other = LISTS[name]
    data = json.dumps(made([one, other, copy.deepcopy(one)])).encode()
    found = []
    for pipeline in (COMPILED, PLAIN):
        with pytest.raises(InvalidObject, match="Duplicate value") as caught:
            pipeline.decode(data)
        found.append(caught.value.message)
    assert found[0] == found[1]
