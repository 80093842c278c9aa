"""Namespaces: required, created by default, removed with what they hold."""

import time
from collections.abc import Callable

import httpx

from serve.samples import CONFIGMAPS, configmap, created, patched


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_default_exists(client: httpx.Client) -> None:
    found = client.get("/api/v1/namespaces/default").json()
    assert found["status"] == {"phase": "Active"}
    assert found["metadata"]["labels"] == {"kubernetes.io/metadata.name": "default"}


def test_deleting_removes_what_is_in_it(client: httpx.Client) -> None:
    created(client, "/api/v1/namespaces", {"metadata": {"name": "demo"}})
    path = CONFIGMAPS.replace("default", "demo")
    created(client, path, configmap("free"))
    created(client, path, configmap("held", finalizers=["example.com/hold"]))
    deleted = client.delete("/api/v1/namespaces/demo")
    assert deleted.status_code == 200
    assert deleted.json()["status"] == {"phase": "Terminating"}
    refused = client.post(path, json=configmap("late"))
    assert refused.status_code == 403
    assert refused.json()["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    eventually(lambda: client.get(f"{path}/free").status_code == 404)
    held = client.get(f"{path}/held").json()
    assert held["metadata"]["deletionTimestamp"]
    assert client.get("/api/v1/namespaces/demo").status_code == 200
    patched(client, f"{path}/held", {"metadata": {"finalizers": None}})
    eventually(lambda: client.get("/api/v1/namespaces/demo").status_code == 404)
    assert client.get(f"{path}/held").status_code == 404


def test_field_selector_on_phase(client: httpx.Client) -> None:
    found = client.get("/api/v1/namespaces", params={"fieldSelector": "status.phase=Active"})
    assert [each["metadata"]["name"] for each in found.json()["items"]] == ["default"]
    none = client.get("/api/v1/namespaces", params={"fieldSelector": "status.phase=Terminating"})
    assert none.json()["items"] == []


def test_collection_of_namespaces_cannot_be_deleted(client: httpx.Client) -> None:
    assert client.delete("/api/v1/namespaces").status_code == 405
