"""Fully populated objects go through the hub of their kind unchanged."""

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.comparing import sparse
from fixtures.reference import REFERENCE
from kconv.errors import NotRegistered
from kconv.gvk import GroupVersion
from kconv.pipeline import Pipeline

FIXTURES = [
    path
    for group in ("autoscaling", "batch", "core")
    for path in sorted((REFERENCE / "serialization").glob(f"{group}.*.json"))
]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_full_object_is_unchanged(path: Path, pipeline: Pipeline) -> None:
    document: dict[str, Any] = json.loads(path.read_text())
    data = json.dumps(document).encode()
    try:
        decoded = pipeline.decode(data, trusted=True)
    except NotRegistered:
        pytest.skip("no kind of kconv's")
    to = GroupVersion.parse(document["apiVersion"])
    converted = json.loads(pipeline.convert(data, to, trusted=True))
    adjust(document)
    assert decoded.spoke.options.kind == document["kind"]
    assert sparse(converted) == sparse(document)


def adjust(document: dict[str, Any]) -> None:
    """What decoding does to these objects in Kubernetes too, and one field that is too new."""
    kind = document["kind"]
    if kind == "Secret":
        document["data"]["stringDataKey"] = "c3RyaW5nRGF0YVZhbHVl"
        del document["stringData"]
    elif kind == "Namespace":
        document["metadata"]["labels"]["kubernetes.io/metadata.name"] = "nameValue"
    elif kind == "HorizontalPodAutoscaler" and document["apiVersion"] == "autoscaling/v2":
        for condition in document["status"]["conditions"]:
            # In no definition of 1.36, whose kubectl drops it as well.
            del condition["observedGeneration"]
    elif kind in ("Job", "CronJob"):
        spec = document["spec"]
        template = spec["jobTemplate"]["spec"] if kind == "CronJob" else spec
        pod = template["template"]["spec"]
        pod["serviceAccount"] = pod["serviceAccountName"]
