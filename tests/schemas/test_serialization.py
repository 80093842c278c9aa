"""Fully populated objects go through the hub of their kind unchanged."""

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.comparing import sparse
from fixtures.reference import REFERENCE
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv_schemas.autoscaling import kept

FIXTURES = [
    path
    for group in ("autoscaling", "batch", "core")
    for path in sorted((REFERENCE / "serialization").glob(f"{group}.*.json"))
    if path.stem.rpartition(".")[2] not in ("Scale", "ServiceAccount", "Status", "WatchEvent")
]

NEWER = {
    "bindMountOptions",
    "defaultUser",
    "evictionResponders",
    "mode",
    "observedGeneration",
    "protocol",
    "scheduling",
    "user",
}
"""Fields of the recorded objects that no definition of Kubernetes 1.36 has."""


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_full_object_is_unchanged(path: Path, pipeline: Pipeline) -> None:
    document: dict[str, Any] = json.loads(path.read_text())
    data = json.dumps(document).encode()
    decoded = pipeline.decode(data, trusted=True)
    to = GroupVersion.parse(document["apiVersion"])
    converted = json.loads(pipeline.convert(data, to, trusted=True))
    for unknown in list(decoded.spoke.schema.instance().unknown_fields(document)):
        assert unknown[-1] in NEWER
        remove(document, unknown)
    adjust(document)
    assert sparse(converted) == sparse(document)


def remove(value: Any, path: tuple[str | int, ...]) -> None:
    for step in path[:-1]:
        value = value[step]
    del value[path[-1]]


def adjust(document: dict[str, Any]) -> None:
    """Change the object as decoding or conversion changes it in Kubernetes too."""
    kind = document["kind"]
    if kind == "Secret":
        document["data"]["stringDataKey"] = "c3RyaW5nRGF0YVZhbHVl"
        del document["stringData"]
    elif kind == "Namespace":
        document["metadata"]["labels"]["kubernetes.io/metadata.name"] = "nameValue"
    elif kind == "HorizontalPodAutoscaler" and document["apiVersion"] == "autoscaling/v1":
        document["metadata"]["annotations"][kept.CURRENT_METRICS] = (
            '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":5,'
            '"currentAverageValue":"0"}}]'
        )
    elif kind in ("Job", "CronJob"):
        spec = document["spec"]
        template = spec["jobTemplate"]["spec"] if kind == "CronJob" else spec
        pod = template["template"]["spec"]
        pod["serviceAccount"] = pod["serviceAccountName"]
