"""Namespaces: required, created by default, removed with what they hold."""

import asyncio
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from kconv._store import Key, SqlStore
from kconv._verbs.memory import CachedRow
from serve.conftest import BOTH, Running
from serve.samples import CONFIGMAPS, configmap, created, patched

pytestmark = BOTH


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_gone(client: httpx.Client, path: str) -> bool:
    return client.get(path).status_code == 404


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
    held = f"{path}/held"
    eventually(lambda: "deletionTimestamp" in client.get(held).json()["metadata"])
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


def test_create_that_is_overtaken_by_the_removal(
    client: httpx.Client, running: Running, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    created(client, "/api/v1/namespaces", {"metadata": {"name": "demo"}})
    path = CONFIGMAPS.replace("default", "demo")
    objects = running.server._server.objects
    create = objects.create

    def remove() -> None:
        assert client.delete("/api/v1/namespaces/demo").status_code == 200
        eventually(lambda: client.get("/api/v1/namespaces/demo").status_code == 404)

    async def late(*arguments: Any) -> CachedRow:
        """Store what has been checked already, when the namespace is gone."""
        await asyncio.to_thread(remove)
        return await create(*arguments)

    monkeypatch.setattr(objects, "create", late)
    with running.client() as other:
        refused = other.post(path, json=configmap("late", finalizers=["example.com/hold"]))
    assert refused.status_code == 404
    assert refused.json()["message"] == 'namespaces "demo" not found'
    assert store.list("", "configmaps", namespace="demo").items == []


def test_nothing_outlives_its_namespace(
    serve: Callable[..., Running], running: Running, store: SqlStore
) -> None:
    """Creates through two servers race with removals; what is acknowledged is seen to go."""
    urls = [running.url, serve().url]
    rounds, writers = 6, 4
    unexpected: list[str] = []
    made = [0] * rounds

    def write(number: int, at: int, stop: threading.Event) -> None:
        path = CONFIGMAPS.replace("default", f"race-{number}")
        with httpx.Client(base_url=urls[at % 2], trust_env=False, timeout=30) as own:
            for turn in range(1000):
                if stop.is_set():
                    return
                response = own.post(path, json=configmap(f"cm-{at}-{turn}"))
                if response.status_code == 201:
                    made[number] += 1
                elif response.status_code not in (403, 404):
                    unexpected.append(response.text)

    with running.client() as client:
        for number in range(rounds):
            stop = threading.Event()
            created(client, "/api/v1/namespaces", {"metadata": {"name": f"race-{number}"}})
            threads = [
                threading.Thread(target=write, args=(number, at, stop)) for at in range(writers)
            ]
            for thread in threads:
                thread.start()
            while made[number] < 5:
                time.sleep(0.005)
            client.delete(f"/api/v1/namespaces/race-{number}")
            eventually(partial(is_gone, client, f"/api/v1/namespaces/race-{number}"))
            stop.set()
            for thread in threads:
                thread.join()
    assert unexpected == []
    left = [each.key for each in store.list("", "configmaps").items]
    assert [key for key in left if key.namespace.startswith("race-")] == []


@pytest.mark.parametrize("key", [b"deletionTimestamp", rb"deletion\u0054imestamp"])
def test_terminating_however_it_is_written(
    client: httpx.Client, store: SqlStore, key: bytes
) -> None:
    created(client, "/api/v1/namespaces", {"metadata": {"name": "going", "finalizers": ["a/b"]}})
    row = store.get(Key("", "namespaces", "", "going"))
    written = b'"metadata":{"' + key + b'":"2026-01-01T00:00:00Z",'
    data = row.data.replace(b'"metadata":{', written)
    store.update(row.key, expected=row.resource_version, api_version="v1", data=data)
    path = CONFIGMAPS.replace("default", "going")
    response = client.post(path, json=configmap("late"))
    assert response.status_code == 403, response.text
    assert "being terminated" in response.json()["message"]
