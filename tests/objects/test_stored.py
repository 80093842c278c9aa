"""Stored objects as typed ones: the quick ways are the long way."""

from __future__ import annotations

from typing import Any

import pytest

import devices
import kconv
from kconv._codec import json as json_codec
from kconv._pipeline import Pipeline
from kconv_schemas import autoscaling, batch

DEVICE = {
    "apiVersion": "devices.example.com/v2",
    "kind": "Device",
    "metadata": {"name": "cam-1", "namespace": "default"},
    "spec": {
        "host": "cam-1.example.com",
        "owners": ["ann", "bob"],
        "sensors": [{"name": "door", "unit": "Lux", "threshold": 3}],
        "source": {"test": "Bars"},
        "retention": "24h0m0s",
    },
}
HPA = {
    "apiVersion": "autoscaling/v1",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "maxReplicas": 10,
        "targetCPUUtilizationPercentage": 70,
    },
}
CRON_JOB = {
    "kind": "CronJob",
    "apiVersion": "batch/v1beta1",
    "metadata": {"name": "nightly", "namespace": "default"},
    "spec": {
        "schedule": "30 2 * * *",
        "jobTemplate": {
            "spec": {
                "template": {
                    "spec": {
                        "restartPolicy": "Never",
                        "containers": [{"name": "main", "image": "busybox"}],
                    }
                }
            }
        },
    },
}


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    scheme = kconv.Scheme()
    for register in (batch.register, autoscaling.register, devices.register):
        register(scheme)
    return Pipeline(scheme)


def test_every_way_from_what_is_stored(pipeline: Pipeline) -> None:
    ways = 0
    for given in (DEVICE, CRON_JOB, HPA):
        decoded = pipeline.decode(json_codec.encode(given))
        hub = pipeline.to_hub(decoded)
        for source in decoded.spoke.kind.spokes:
            data = pipeline.encode(pipeline.from_hub(hub, source))
            for spoke in decoded.spoke.kind.spokes:
                version: Any = spoke.schema
                found = pipeline.objects.stored(version, data, source)
                through = pipeline.decode(data, spoke=source, trusted=True)
                if spoke is not source:
                    through = pipeline.from_hub(pipeline.to_hub(through), spoke)
                assert isinstance(found, version)
                assert kconv.to_dict(found) == through.value, (source, spoke)
                ways += 1
    assert ways == 16 + 16 + 4, "ScheduledJob is a version, too"


def test_what_is_stored_wrongly_is_refused_as_ever(pipeline: Pipeline) -> None:
    v1, beta = (
        pipeline.scheme.spoke(kconv.GroupVersionKind("batch", version, "CronJob"))
        for version in ("v1", "v1beta1")
    )
    version: Any = v1.schema
    data = json_codec.encode(CRON_JOB)
    assert pipeline.objects.stored(version, data, beta).apiVersion == "batch/v1"
    for wrong, why in [
        (data.replace(b"v1beta1", b"v1", 1), "does not match the expected API version"),
        (b'{"kind":"CronJob","apiVersion":"batch/v1beta1","spec":5}', "spec"),
        (b"{", "end of|truncated"),
    ]:
        with pytest.raises(kconv.KconvError, match=why):
            pipeline.objects.stored(version, wrong, beta)
