"""Fully populated objects go through the hub of their kind unchanged."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.comparing import sparse
from fixtures.reference import REFERENCE
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv_schemas.apps.conversion import TEMPLATE_GENERATION
from kconv_schemas.autoscaling import kept

FIXTURES = [
    path
    for path in sorted((REFERENCE / "serialization").glob("*.json"))
    if path.stem.rpartition(".")[2] not in ("Status", "WatchEvent")  # which no kind has
]

NEWER = {
    "bindMountOptions",
    "defaultUser",
    "evictionResponders",
    "healthStatus",
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
    elif kind == "Scale" and document["apiVersion"] != "autoscaling/v1":
        del document["status"]["selector"]  # the selector beside it says something else
    elif kind == "DaemonSet" and document["apiVersion"] != "extensions/v1beta1":
        document["metadata"]["annotations"][TEMPLATE_GENERATION] = "0"
    elif kind == "StatefulSet":
        claim = document["spec"]["volumeClaimTemplates"][0]
        claim |= {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    elif kind == "DeploymentRollback":
        document["metadata"] = {}
    for pod in pods_in(document):
        pod["serviceAccount"] = pod["serviceAccountName"]


def pods_in(value: Any) -> Iterator[dict[str, Any]]:
    """The specs of pods that an object holds, at any depth."""
    if isinstance(value, dict):
        if "serviceAccountName" in value:
            yield value
        for inner in value.values():
            yield from pods_in(inner)
