"""Objects that tests create, each a new one whose parts are its own, and where."""

from typing import Any

import httpx

CRONJOBS = "/apis/batch/v1/namespaces/default/cronjobs"
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
HPAS = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


def template() -> dict[str, Any]:
    containers = [{"name": "main", "image": "busybox"}]
    return {"spec": {"restartPolicy": "OnFailure", "containers": containers}}


def cronjob(name: str, schedule: str = "*/5 * * * *", **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, **metadata},
        "spec": {"schedule": schedule, "jobTemplate": {"spec": {"template": template()}}},
    }


def configmap(name: str, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **metadata}, "data": {"a": "b"}}


def patched(client: httpx.Client, path: str, body: Any, media_type: str = MERGE) -> httpx.Response:
    return client.patch(path, json=body, headers={"Content-Type": media_type})


def created(client: httpx.Client, path: str, body: Any) -> dict[str, Any]:
    response = client.post(path, json=body)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found
