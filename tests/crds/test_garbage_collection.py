"""Custom resources, and CRDs themselves, among what is collected."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from crds.conftest import CRDS, Start, definition
from crds.hook import Hook
from crds.test_webhook import gadget, place
from fixtures.until import until
from kconv._structural import engine

THINGS = "/apis/example.com/v1/namespaces/default/things"
OWNER = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    made = Hook(tmp_path_factory.mktemp("hook"))
    yield made
    made.stop()


def owned_by(owner: dict[str, Any], **more: Any) -> dict[str, Any]:
    metadata = owner["metadata"]
    reference = {**OWNER, "name": metadata["name"], "uid": metadata["uid"], **more}
    return {"ownerReferences": [reference]}


def test_a_crd_that_goes_with_its_owner_takes_its_objects_along(start: Start) -> None:
    server = start()
    owner = server.made("POST", CRDS, definition("owners", {"v1": {}}))
    owned = definition("things", {"v1": {}})
    owned["metadata"] |= owned_by(owner)
    server.made("POST", CRDS, owned)
    thing = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}}
    server.made("POST", THINGS, {**thing, "spec": {}})
    server.made("DELETE", f"{CRDS}/owners.example.com")
    until(lambda: server.ask("GET", f"{CRDS}/things.example.com").status_code == 404, 20)
    del owned["metadata"]["ownerReferences"]
    server.made("POST", CRDS, owned)
    assert server.made("GET", THINGS)["items"] == []


def test_nobody_waits_for_a_webhook_meanwhile(
    start: Start, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has to be converted for its end is converted in a thread of its own."""
    server = start()
    definition = hook.definition()
    server.made("POST", CRDS, definition)
    versions = definition["spec"]["versions"]
    stored = next(each["name"] for each in versions if each["storage"])
    other = next(each["name"] for each in versions if not each["storage"])
    spec = {"width": 1, "height": 2, "color": "red"}
    owner = server.made("POST", place(stored), gadget(stored, "owner", **spec))
    owned = gadget(stored, "a", **spec)
    owned["metadata"] |= owned_by(owner, kind="Gadget", apiVersion=owned["apiVersion"])
    server.made("POST", place(stored), owned)
    threads: list[str] = []
    real = engine.converted

    def noted(*given: Any) -> Any:
        threads.append(threading.current_thread().name)
        return real(*given)

    monkeypatch.setattr(engine, "converted", noted)
    for each in versions:
        each["storage"] = each["name"] == other
    server.patch(f"{CRDS}/{definition['metadata']['name']}", {"spec": {"versions": versions}})
    threads.clear()
    server.made("DELETE", place(other, "owner"))
    until(lambda: server.ask("GET", place(other, "a")).status_code == 404, 20)
    assert threads
    assert server.thread.name not in threads
