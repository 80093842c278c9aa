"""Objects that refer to others, in versions that go."""

import json
from typing import Any

from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._store import Key, SqlStore
from migrate.samples import NEW, OLD, key, manifest


def owned(pipeline: Pipeline, name: str, api_version: str, stored_in: str = NEW) -> bytes:
    value = manifest(name)
    owner = {"apiVersion": api_version, "kind": "CronJob", "name": "o", "uid": "u"}
    other = {"apiVersion": "example.com/v1", "kind": "Thing", "name": "t", "uid": "v"}
    value["metadata"]["ownerReferences"] = [other, owner]
    value["metadata"]["managedFields"] = [
        {"apiVersion": api_version, "manager": "kubectl", "operation": "Update"}
    ]
    return pipeline.convert(json.dumps(value).encode(), GroupVersion.parse(stored_in))


def stored(store: SqlStore, pipeline: Pipeline) -> None:
    store.prefer("batch", "cronjobs", NEW)
    for name, version in (("a", OLD), ("b", NEW), ("c", "batch/v1alpha9")):
        data = owned(pipeline, name, version)
        store.create(key(name), uid=name, api_version=NEW, data=data)


def versions_named(store: SqlStore, name: str) -> list[str]:
    metadata = json.loads(store.get(key(name)).data)["metadata"]
    return [
        each["apiVersion"] for each in (*metadata["ownerReferences"], *metadata["managedFields"])
    ]


def put(store: SqlStore, pipeline: Pipeline, resource: str, value: dict[str, Any]) -> Key:
    """Store an object in the version that it is written in."""
    version, metadata = value["apiVersion"], value["metadata"]
    group = version.rpartition("/")[0]
    store.prefer(group, resource, version)
    made = Key(group, resource, metadata["namespace"], metadata["name"])
    data = pipeline.convert(json.dumps(value).encode(), GroupVersion.parse(version))
    store.create(made, uid="u", api_version=version, data=data)
    return made


def scaling(name: str, target: dict[str, str], about: dict[str, str]) -> dict[str, Any]:
    """An autoscaler of ``target``, by a metric that is ``about`` an object."""
    goal = {"type": "Value", "value": "1"}
    metric = {"describedObject": about, "metric": {"name": "m"}, "target": goal}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": "reports"},
        "spec": {
            "scaleTargetRef": target,
            "maxReplicas": 3,
            "metrics": [{"type": "Object", "object": metric}],
        },
    }


def hiding(store: SqlStore, pipeline: Pipeline) -> tuple[Key, bytes]:
    """An autoscaler stored as v1, whose annotation names the object that a metric is about."""
    about = {"apiVersion": OLD, "kind": "CronJob", "name": "n"}
    value = scaling("hides", {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}, about)
    data = pipeline.convert(json.dumps(value).encode(), GroupVersion.parse("autoscaling/v1"))
    return put(store, pipeline, "horizontalpodautoscalers", json.loads(data)), data
