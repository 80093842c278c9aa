"""The objects that are measured."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from kconv._gvk import GroupVersion
from kconv._schema import Type
from kconv._scheme import Scheme
from kconv.fields import (
    Boolean,
    Bytes,
    Double,
    Duration,
    FreeForm,
    Integer,
    IntOrString,
    List,
    Map,
    MicroTime,
    Object,
    Quantity,
    String,
    Time,
)

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "kubernetes" / "serialization"
"""Fully populated objects that Kubernetes wrote, where they are at hand."""

HPA = {
    "apiVersion": "autoscaling/v1",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {
        "name": "web",
        "namespace": "default",
        "labels": {"app": "web", "tier": "frontend"},
    },
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 2,
        "maxReplicas": 10,
        "targetCPUUtilizationPercentage": 70,
    },
}

DEVICE = {
    "apiVersion": "devices.example.com/v2",
    "kind": "Device",
    "metadata": {
        "name": "cam-1",
        "namespace": "default",
        "labels": {"floor": "2", "side": "north"},
        "uid": "0c6f2f3e-6b0e-4d6c-9a63-1f1c1a1f7d10",
        "resourceVersion": "1204",
        "creationTimestamp": "2026-01-02T03:04:05Z",
    },
    "spec": {
        "host": "cam-1.example.com",
        "port": 554,
        "owners": ["ann", "bob"],
        "power": "Off",
        "sensors": [
            {"name": "door", "unit": "Lux", "threshold": 3},
            {"name": "hall", "unit": "Celsius"},
        ],
        "zones": [{"title": "door", "top": 1, "left": 2}],
        "source": {"stream": {"url": "rtsp://cam-1.example.com/live"}},
        "retention": "24h0m0s",
    },
}

CRON_JOB = {
    "apiVersion": "batch/v1beta1",
    "kind": "CronJob",
    "metadata": {
        "name": "nightly-report",
        "namespace": "default",
        "labels": {"app": "report", "team": "finance"},
        "annotations": {"example.com/owner": "finance@example.com"},
    },
    "spec": {
        "schedule": "30 2 * * *",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 300,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
        "jobTemplate": {
            "spec": {
                "backoffLimit": 4,
                "template": {
                    "metadata": {"labels": {"app": "report"}},
                    "spec": {
                        "restartPolicy": "OnFailure",
                        "containers": [
                            {
                                "name": "report",
                                "image": "registry.example.com/report:1.7.2",
                                "args": ["--month", "previous", "--format", "pdf"],
                                "env": [
                                    {"name": "TZ", "value": "UTC"},
                                    {
                                        "name": "PASSWORD",
                                        "valueFrom": {
                                            "secretKeyRef": {"name": "report", "key": "password"}
                                        },
                                    },
                                ],
                                "resources": {
                                    "requests": {"cpu": "250m", "memory": "128Mi"},
                                    "limits": {"memory": "512Mi"},
                                },
                                "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
                            }
                        ],
                        "volumes": [{"name": "cache", "emptyDir": {}}],
                    },
                },
            }
        },
    },
}


def compact(value: Any) -> bytes:
    """The JSON of a document without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def full(scheme: Scheme, api_version: str, kind: str) -> tuple[bytes, str]:
    """A fully populated object, without spaces, and where it is from."""
    path = RECORDED / f"{api_version.replace('/', '.')}.{kind}.json"
    if path.exists():
        return compact(json.loads(path.read_text())), "recorded"
    spoke = scheme.spoke(GroupVersion.parse(api_version).kind(kind))
    head = {"apiVersion": api_version, "kind": kind}
    return compact({**_object(spoke.schema, ()), **head}), "own"


def _object(schema: type[Type], above: Collection[type[Type]]) -> dict[str, Any]:
    fields = schema.instance().wire_fields()
    return {name: _value(name, field, (*above, schema)) for name, field in fields.items()}


def _value(name: str, field: Any, above: Collection[type[Type]]) -> Any:
    match field:
        case Object():
            return {} if field.type in above else _object(field.type, above)
        case List():
            return [_value(name, field.inner, above)]
        case Map():
            return {f"{name}Key": _value(name, field.inner, above)}
        case String():
            return field.enum[0] if field.enum else f"{name}Value"
        case Integer():
            return max(field.minimum or 0, 1)
        case _:
            plain = {
                Boolean: True, Double: 1.5, Quantity: "1", IntOrString: "8080", FreeForm: {},
                Time: "2024-01-01T01:01:01Z", MicroTime: "2024-01-01T01:01:01.000001Z",
                Duration: "1s", Bytes: "AQ==",
            }  # fmt: skip
            return plain[type(field)]
