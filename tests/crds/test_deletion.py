"""A CRD takes its objects along, however it is deleted."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crds.conftest import CRDS, Running, Start, definition
from kconv._store import Key, open_store

PLACE = "/apis/example.com/v1/namespaces/default"
TEXT = {"type": "string"}
TEXT_BYTES = b'{"type":"string"}'


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.02)


def thing(kind: str, name: str, **metadata: Any) -> dict[str, Any]:
    head = {"apiVersion": "example.com/v1", "kind": kind}
    return {**head, "metadata": {"name": name, **metadata}, "spec": {"a": "b"}}


def _by_name(server: Running, plural: str) -> None:
    server.made("DELETE", f"{CRDS}/{plural}.example.com")


def _with_the_state_that_is_known(server: Running, plural: str) -> None:
    """A precondition holds: nothing is written before it is looked at."""
    crd = server.made("GET", f"{CRDS}/{plural}.example.com")
    version = crd["metadata"]["resourceVersion"]
    options = {"preconditions": {"resourceVersion": version, "uid": crd["metadata"]["uid"]}}
    server.made("DELETE", f"{CRDS}/{plural}.example.com", options)


def _with_the_collection(server: Running, plural: str) -> None:
    server.made("DELETE", f"{CRDS}?labelSelector=of={plural}")


def _with_its_owner(server: Running, plural: str) -> None:
    """The garbage collector deletes it."""
    owner = definition("owners", {"v1": {"a": TEXT}})
    made = server.made("POST", CRDS, owner)
    reference = {"apiVersion": made["apiVersion"], "kind": made["kind"],
                 "name": made["metadata"]["name"], "uid": made["metadata"]["uid"]}  # fmt: skip
    path = f"{CRDS}/{plural}.example.com"
    server.patch(path, {"metadata": {"ownerReferences": [reference]}})
    server.made("DELETE", f"{CRDS}/owners.example.com")


@pytest.mark.parametrize(
    ("plural", "delete"),
    [
        ("nameds", _by_name),
        ("knowns", _with_the_state_that_is_known),
        ("alls", _with_the_collection),
        ("owneds", _with_its_owner),
    ],
)
def test_its_objects_go_with_it(
    server: Running, plural: str, delete: Callable[[Running, str], None]
) -> None:
    crd = definition(plural, {"v1": {"a": TEXT}})
    crd["metadata"]["labels"] = {"of": plural}
    kind = crd["spec"]["names"]["kind"]
    server.made("POST", CRDS, crd)
    server.made("POST", f"{PLACE}/{plural}", thing(kind, "free"))
    server.made("POST", f"{PLACE}/{plural}", thing(kind, "held", finalizers=["example.com/x"]))
    path = f"{CRDS}/{plural}.example.com"
    for dry in (f"{path}?dryRun=All", f"{CRDS}?dryRun=All&labelSelector=of={plural}"):
        server.made("DELETE", dry)
    assert "finalizers" not in server.made("GET", path)["metadata"], "a dry run writes nothing"

    delete(server, plural)
    until(lambda: server.ask("GET", f"{PLACE}/{plural}/free").status_code == 404)
    assert server.ask("GET", path).status_code == 200, "one of its objects is held"
    server.patch(f"{PLACE}/{plural}/held", {"metadata": {"finalizers": None}})
    until(lambda: server.ask("GET", path).status_code == 404)
    server.made("POST", CRDS, crd)
    assert server.made("GET", f"{PLACE}/{plural}")["items"] == []


def test_a_crd_that_cannot_be_served_harms_no_other(
    start: Start, empty: Path, tmp_path: Path
) -> None:
    """One that another release stored, and this one refuses: it stays while it has objects."""
    file = Path(shutil.copy(empty, tmp_path / "kconv.db"))
    server = start(file)
    server.made("POST", CRDS, definition("olds", {"v1": {"a": TEXT}}))
    server.made("POST", f"{PLACE}/olds", thing("Old", "a"))
    store = open_store(f"sqlite:///{file}")
    key = Key("apiextensions.k8s.io", "customresourcedefinitions", "", "olds.example.com")
    right = store.get(key).data
    spoiled = {
        "no storage version": right.replace(b'"storage":true', b'"storage":false'),
        "no schema": right.replace(TEXT_BYTES, b'{"type":"array","items":{"properties":5}}'),
    }
    try:
        for told, data in spoiled.items():
            assert data != right, told
            last = store.get(key)
            version = last.resource_version
            store.update(key, expected=version, api_version=last.api_version, data=data)
            server.made("POST", CRDS, definition("news", {"v1": {"a": TEXT}}))
            assert server.made("GET", f"{PLACE}/news")["items"] == []
            server.made("DELETE", f"{CRDS}/news.example.com")
            until(lambda: server.ask("GET", f"{CRDS}/news.example.com").status_code == 404)
            assert len(store.list("example.com", "olds").items) == 1, told
    finally:
        store.close()


def test_what_has_outgrown_what_may_be_stored_can_go(server: Running) -> None:
    """In the version that is stored now it has more bytes than may be read."""
    element = {"type": "object", "properties": {"pad": {"type": "string"}}}
    padded = {"type": "object", "properties": {"pad": {"type": "string", "default": "x" * 60}}}
    fields = {
        "v1": {"a": {"type": "array", "items": element}},
        "v2": {"a": {"type": "array", "items": padded}},
    }
    server.made("POST", CRDS, definition("growings", fields))
    path = "/apis/example.com/v1/namespaces/default/growings"
    metadata = {"name": "a", "finalizers": ["example.com/one", "example.com/two"]}
    body = {"apiVersion": "example.com/v1", "kind": "Growing", "metadata": metadata}
    server.made("POST", path, {**body, "spec": {"a": [{}] * 60_000}})
    body["metadata"] = {"name": "b"}
    server.made("POST", path, {**body, "spec": {"a": [{}] * 60_000}})
    found = server.made("GET", f"{CRDS}/growings.example.com")
    for each in found["spec"]["versions"]:
        each["storage"] = each["name"] == "v2"
    server.made("PUT", f"{CRDS}/growings.example.com", found)
    labelled = {"metadata": {"labels": {"a": "b"}}}
    merge = "application/merge-patch+json"
    answer = server.ask("PATCH", f"{path}/a", labelled, content_type=merge)
    assert answer.status_code == 413
    assert server.made("DELETE", f"{path}/a")["metadata"]["deletionTimestamp"]
    server.patch(f"{path}/a", {"metadata": {"finalizers": ["example.com/two"]}})
    assert server.made("GET", f"{path}/a")["metadata"]["finalizers"] == ["example.com/two"]
    server.patch(f"{path}/a", {"metadata": {"finalizers": None}})
    assert server.ask("GET", f"{path}/a").status_code == 404
    server.made("DELETE", f"{path}/b")
    assert server.ask("GET", f"{path}/b").status_code == 404
