"""Several versions, the one that is stored, and what becomes of objects when it changes."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from crds.conftest import CRDS, Running, Start, definition, schema, version

TEXT = {"type": "string"}


def crd_of(plural: str, storage: str = "v1beta1") -> dict[str, Any]:
    return definition(
        plural,
        {
            "v1beta1": {"old": TEXT, "same": TEXT},
            "v1": {"new": {**TEXT, "default": "x"}, "same": TEXT},
        },
        storage,
    )  # fmt: skip


def place(plural: str, at: str = "v1", name: str = "") -> str:
    path = f"/apis/example.com/{at}/namespaces/default/{plural}"
    return f"{path}/{name}" if name else path


def thing(kind: str, at: str, name: str, **spec: Any) -> dict[str, Any]:
    metadata = {"name": name}
    return {"apiVersion": f"example.com/{at}", "kind": kind, "metadata": metadata, "spec": spec}


def until(holds: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.02)


def test_versions_differ_in_name_and_what_they_keep(server: Running) -> None:
    server.made("POST", CRDS, crd_of("flippers"))
    server.made("POST", place("flippers", "v1beta1"),
                thing("Flipper", "v1beta1", "a", old="o", same="s"))  # fmt: skip
    server.made("POST", place("flippers"), thing("Flipper", "v1", "b", new="n", same="s"))
    specs = {
        (at, name): server.made("GET", place("flippers", at, name))["spec"]
        for at in ("v1beta1", "v1") for name in "ab"
    }  # fmt: skip
    assert specs == {
        ("v1beta1", "a"): {"old": "o", "same": "s"},
        # What v1 does not have is pruned, and no default is added after a conversion.
        ("v1", "a"): {"same": "s"},
        # It is stored as v1beta1, which has no place for it.
        ("v1beta1", "b"): {"same": "s"},
        ("v1", "b"): {"same": "s"},
    }
    crd = f"{CRDS}/flippers.example.com"
    found = server.made("GET", crd)
    for each in found["spec"]["versions"]:
        each["storage"] = each["name"] == "v1"
    server.made("PUT", crd, found)
    assert server.made("GET", crd)["status"]["storedVersions"] == ["v1beta1", "v1"]
    server.made("POST", place("flippers"), thing("Flipper", "v1", "c", new="n"))
    assert server.made("GET", place("flippers", name="c"))["spec"] == {"new": "n"}
    assert server.made("GET", place("flippers", name="a"))["spec"] == {"same": "s"}
    server.patch(place("flippers", name="a"), {"metadata": {"labels": {"x": "y"}}})
    # Now it is in v1, whose defaults it gets when it is read.
    assert server.made("GET", place("flippers", name="a"))["spec"] == {"new": "x", "same": "s"}

    # A version that objects may be stored in stays; then it goes, and objects in it are unreadable.
    found = server.made("GET", crd)
    found["spec"]["versions"] = [each for each in found["spec"]["versions"] if each["storage"]]
    refused = server.ask("PUT", crd, found)
    assert refused.status_code == 422
    (cause,) = refused.json()["details"]["causes"]
    assert cause["field"] == "status.storedVersions[0]"
    server.patch(f"{crd}/status", {"status": {"storedVersions": ["v1"]}})
    found["metadata"].pop("resourceVersion")
    server.made("PUT", crd, found)
    assert server.made("GET", crd)["status"]["storedVersions"] == ["v1"]
    assert server.ask("GET", place("flippers", "v1beta1", "a")).status_code == 404
    assert server.made("GET", place("flippers", name="a"))["spec"]["new"] == "x"
    listed = server.ask("GET", place("flippers"))
    assert listed.status_code == 500
    assert 'flippers.example.com "default/b"' in listed.json()["message"]
    server.made("DELETE", place("flippers", name="b"))
    listed = server.ask("GET", place("flippers"))
    assert [each["metadata"]["name"] for each in listed.json()["items"]] == ["a", "c"]


def test_an_unserved_version_is_no_resource(server: Running) -> None:
    crd = crd_of("hiders")
    version(crd, "v1")["served"] = False
    server.made("POST", CRDS, crd)
    assert server.ask("GET", place("hiders", "v1")).status_code == 404
    assert server.ask("GET", place("hiders", "v1beta1")).status_code == 200
    names = [each["name"] for each in server.made("GET", "/apis/example.com/v1beta1")["resources"]]
    assert "hiders" in names
    if (listed := server.ask("GET", "/apis/example.com/v1")).status_code == 200:
        assert "hiders" not in [each["name"] for each in listed.json()["resources"]]


def test_a_changed_schema_counts_at_once_and_ends_watches(server: Running) -> None:
    server.made("POST", CRDS, crd_of("changers", "v1"))
    ended = threading.Event()

    def watch() -> None:
        with server.http.stream("GET", place("changers"), params={"watch": "1"}) as answer:
            for _ in answer.iter_lines():
                pass
        ended.set()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    until(lambda: server.server._server.broadcaster.watchers > 0)
    crd = f"{CRDS}/changers.example.com"
    found = server.made("GET", crd)
    schema(found, "v1")["properties"]["spec"]["properties"]["more"] = {"type": "integer"}
    server.made("PUT", crd, found)
    assert ended.wait(10)
    sent = thing("Changer", "v1", "a", more=1)
    assert server.made("POST", place("changers"), sent)["spec"] == {"more": 1, "new": "x"}
    document = server.made("GET", "/openapi/v3/apis/example.com/v1")
    spec = document["components"]["schemas"]["com.example.v1.Changer"]["properties"]["spec"]
    assert "more" in spec["properties"]


def test_a_second_crd_does_not_get_names_that_another_has(server: Running) -> None:
    first = crd_of("namers")
    first["spec"]["names"]["shortNames"] = ["nm"]
    server.made("POST", CRDS, first)
    second = crd_of("others")
    second["spec"]["names"] |= {"kind": "Namer", "shortNames": ["nm"]}
    server.made("POST", CRDS, second)
    found = server.made("GET", f"{CRDS}/others.example.com")["status"]
    conditions = {each["type"]: each for each in found["conditions"]}
    assert conditions["NamesAccepted"]["status"] == "False"
    assert conditions["NamesAccepted"]["reason"] == "ListKindConflict"
    assert conditions["Established"]["status"] == "False"
    assert server.ask("GET", place("others", "v1beta1")).status_code == 404
    # When the first one goes, or gives a name back, the second one gets it.
    server.made("DELETE", f"{CRDS}/namers.example.com")
    until(lambda: server.ask("GET", place("others", "v1beta1")).status_code == 200)


def test_a_crd_that_is_deleted_takes_its_objects_along(server: Running) -> None:
    server.made("POST", CRDS, crd_of("goers", "v1"))
    for name in "ab":
        server.made("POST", place("goers"), thing("Goer", "v1", name))
    held = {
        **thing("Goer", "v1", "held"),
    }
    held["metadata"]["finalizers"] = ["example.com/wait"]
    server.made("POST", place("goers"), held)
    crd = f"{CRDS}/goers.example.com"
    gone = server.made("DELETE", crd)
    assert gone["metadata"]["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]
    until(lambda: len(server.made("GET", place("goers"))["items"]) == 1)
    conditions = server.made("GET", crd)["status"]["conditions"]
    assert "Terminating" in [each["type"] for each in conditions]
    refused = server.ask("POST", place("goers"), thing("Goer", "v1", "late"))
    assert refused.status_code == 405
    server.patch(place("goers", name="held"), {"metadata": {"finalizers": None}})
    until(lambda: server.ask("GET", crd).status_code == 404)
    assert server.ask("GET", place("goers")).status_code == 404
    # One of the same name begins anew.
    server.made("POST", CRDS, crd_of("goers", "v1beta1"))
    assert server.made("GET", place("goers"))["items"] == []


def test_every_server_of_a_database_serves_a_crd(start: Start, empty: Path, tmp_path: Path) -> None:
    import shutil

    file = Path(shutil.copy(empty, tmp_path / "kconv.db"))
    one, two = start(file), start(file)
    one.made("POST", CRDS, crd_of("sharers", "v1"))
    two.made("POST", place("sharers"), thing("Sharer", "v1", "a", new="n"))
    assert one.made("GET", place("sharers", name="a"))["spec"] == {"new": "n"}
    two.stop()
    # One that starts later knows them all.
    three = start(file)
    assert three.made("GET", place("sharers", name="a"))["spec"] == {"new": "n"}
    three.made("DELETE", f"{CRDS}/sharers.example.com")
    until(lambda: one.ask("GET", place("sharers")).status_code == 404)
    three.stop()
    # And one starts where nothing but the history of a kind is left.
    start(file).made("GET", CRDS)


@pytest.mark.parametrize("strategy", ["application/apply-patch+yaml"])
def test_lists_combine_as_the_schema_says(server: Running, strategy: str) -> None:
    items = {
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
        "items": {
            "type": "object", "required": ["name"], "properties": {"name": TEXT, "value": TEXT},
        },
    }  # fmt: skip
    server.made("POST", CRDS, definition("appliers", {"v1": {"items": items}}))
    for manager, name in (("one", "a"), ("two", "b")):
        sent = thing("Applier", "v1", "x", items=[{"name": name, "value": "v"}])
        made = server.made("PATCH", f"{place('appliers', name='x')}?fieldManager={manager}",
                           sent, content_type=strategy)  # fmt: skip
    assert [each["name"] for each in made["spec"]["items"]] == ["a", "b"]
    merge = "application/strategic-merge-patch+json"
    refused = server.ask("PATCH", place("appliers", name="x"), {}, content_type=merge)
    assert refused.status_code == 415
    assert refused.json()["message"].endswith(
        ": application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    ), "as was recorded"
    everywhere = place("appliers").replace("/namespaces/default", "")
    assert server.ask("GET", everywhere).status_code == 200
    assert server.ask("POST", everywhere, thing("Applier", "v1", "y")).status_code == 404


def test_an_element_that_leaves_out_a_key_has_its_default(server: Running) -> None:
    """With the owners that a Kubernetes 1.36.4 noted."""
    items = {
        "type": "array", "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["port", "protocol"],
        "items": {
            "type": "object", "required": ["port"],
            "properties": {
                "port": {"type": "integer"}, "protocol": {**TEXT, "default": "TCP"}, "v": TEXT,
            },
        },
    }  # fmt: skip
    server.made("POST", CRDS, definition("ports", {"v1": {"items": items}}))
    tcp, udp = (f'k:{{"port":80,"protocol":"{each}"}}' for each in ("TCP", "UDP"))
    port: dict[str, Any] = {".": {}, "f:port": {}}
    steps: list[tuple[str, list[dict[str, Any]], dict[str, Any]]] = [
        ("m1", [{"port": 80}], {"m1": {tcp: port}}),
        (
            "m2", [{"port": 80, "protocol": "TCP", "v": "x"}],
            {"m1": {tcp: port}, "m2": {tcp: {**port, "f:protocol": {}, "f:v": {}}}},
        ),
        (
            "m2", [{"port": 80, "v": "y"}],
            {"m1": {tcp: port}, "m2": {tcp: {**port, "f:v": {}}}},
        ),
        (
            "m1", [{"port": 80, "protocol": "UDP"}],
            {"m1": {udp: {**port, "f:protocol": {}}}, "m2": {tcp: {**port, "f:v": {}}}},
        ),
    ]  # fmt: skip
    for manager, sent, owned in steps:
        made = server.made(
            "PATCH", f"{place('ports', name='x')}?fieldManager={manager}",
            thing("Port", "v1", "x", items=sent), content_type="application/apply-patch+yaml",
        )  # fmt: skip
        entries = made["metadata"]["managedFields"]
        assert {e["manager"]: e["fieldsV1"]["f:spec"]["f:items"] for e in entries} == owned
    assert made["spec"]["items"] == [
        {"port": 80, "protocol": "TCP", "v": "y"}, {"port": 80, "protocol": "UDP"},
    ]  # fmt: skip


def test_defaults_of_keys_are_of_any_type(server: Running) -> None:
    of_both = {"x-kubernetes-int-or-string": True}
    cases: list[tuple[dict[str, Any], Any]] = [
        ({"type": "number", "default": 1.5}, 2.5),
        ({"type": "number", "default": 1}, 2.5),
        ({"type": "boolean", "default": False}, True),
        ({"type": "integer", "default": 0}, 1),
        ({"type": "string", "default": ""}, "a"),
        ({**of_both, "default": 80}, "http"),
        ({**of_both, "default": "http"}, 80),
    ]
    lists = {
        f"list{at}": {
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["key"],
            "items": {"type": "object", "properties": {"key": key, "v": TEXT}},
        }
        for at, (key, _) in enumerate(cases)
    }  # fmt: skip
    server.made("POST", CRDS, definition("keys", {"v1": lists}))
    for at, (key, other) in enumerate(cases):
        two = [{"key": key["default"], "v": "b"}, {"key": other, "v": "c"}]
        for manager, sent in (("m1", [{"v": "a"}]), ("m1", two), ("m2", [{"v": "b"}])):
            made = server.made(
                "PATCH", f"{place('keys', name=f'x{at}')}?fieldManager={manager}",
                thing("Key", "v1", f"x{at}", **{f"list{at}": sent}),
                content_type="application/apply-patch+yaml",
            )  # fmt: skip
        assert made["spec"][f"list{at}"] == two


def test_objects_whose_owner_is_a_custom_resource_go_with_it(server: Running) -> None:
    server.made("POST", CRDS, definition("owners", {"v1": {"x": TEXT}}))
    owner = server.made("POST", place("owners"), thing("Owner", "v1", "boss"))
    owned = thing("Owner", "v1", "worker")
    reference = {"apiVersion": "example.com/v1", "kind": "Owner", "name": "boss"}
    owned["metadata"]["ownerReferences"] = [{**reference, "uid": owner["metadata"]["uid"]}]
    server.made("POST", place("owners"), owned)
    server.made("DELETE", place("owners", name="boss"))
    until(lambda: server.ask("GET", place("owners", name="worker")).status_code == 404, 30)
