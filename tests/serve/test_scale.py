"""The subresource scale of a kind of one's own, in versions that have the numbers elsewhere."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio import to_thread

from kconv import Resource, ScalePaths, Scheme, SchemeError, Type, hub_of
from kconv._exporter.crd import crd_of
from kconv._verbs import scale
from kconv.edges import Edge, Rename
from kconv.fields import Int32, Object, String
from kconv_schemas import autoscaling, core
from serve.conftest import Running
from serve.samples import JSON_PATCH, MERGE, STRATEGIC, created
from serve.test_kubectl import Kubectl

POOLS = "/apis/farm.example.com/v1/namespaces/default/pools"
BETA = POOLS.replace("/v1/", "/v1beta1/")
APPLY = "application/apply-patch+yaml"


class BetaSpec(Type):
    workers = Int32()
    image = String()


class Spec(Type):
    replicas = Int32()
    image = String()


class Status(Type):
    replicas = Int32()
    selector = String()


class BetaPool(Resource):
    class Meta:
        group = "farm.example.com"
        version = "v1beta1"
        kind = "Pool"
        subresources = ("status", "scale")
        scale = ScalePaths("spec.workers", "status.replicas", "status.selector")

    spec = Object(BetaSpec)
    status = Object(Status)


class Pool(Resource):
    class Meta:
        group = "farm.example.com"
        version = "v1"
        subresources = ("status", "scale")
        scale = ScalePaths(label_selector="status.selector")

    spec = Object(Spec)
    status = Object(Status)


def register(scheme: Scheme) -> None:
    scheme.add(
        hub_of(Pool),
        Edge(Pool),
        Edge(BetaPool, Rename("spec.workers", "spec.replicas")),
        storage="farm.example.com/v1",
    )


def pools() -> Scheme:
    scheme = Scheme()
    core.register(scheme)
    autoscaling.register(scheme)
    register(scheme)
    return scheme.freeze()


@pytest.fixture
def farm(serve: Callable[..., Running]) -> Running:
    return serve(kinds=pools())


@pytest.fixture
def client(farm: Running) -> Iterator[httpx.Client]:
    with farm.client() as opened:
        body = {"metadata": {"name": "a"}, "spec": {"replicas": 2, "image": "x"}}
        created(opened, f"{POOLS}?fieldManager=maker", body)
        status = {"status": {"replicas": 1, "selector": "pool=a"}}
        sent = patch(opened, f"{POOLS}/a/status?fieldManager=kubelet", status, MERGE)
        assert sent.status_code == 200
        yield opened


def patch(client: httpx.Client, path: str, body: Any, media: str) -> httpx.Response:
    return client.patch(path, content=json.dumps(body), headers={"Content-Type": media})


def owners(client: httpx.Client) -> dict[tuple[str, str, str, str], Any]:
    entries = client.get(f"{POOLS}/a").json()["metadata"]["managedFields"]
    return {
        (each["manager"], each["operation"], each["apiVersion"], each.get("subresource", "")): each[
            "fieldsV1"
        ]
        for each in entries
    }


def test_every_way(client: httpx.Client) -> None:
    """Read and written, by every verb, through either version; nothing else of it changes."""
    found = client.get(f"{BETA}/a/scale").json()
    assert found["kind"] == "Scale"
    assert found["apiVersion"] == "autoscaling/v1"
    assert found["spec"] == {"replicas": 2}
    assert found["status"] == {"replicas": 1, "selector": "pool=a"}
    assert sorted(found["metadata"]) == [
        "creationTimestamp",
        "name",
        "namespace",
        "resourceVersion",
        "uid",
    ]
    put = client.put(f"{BETA}/a/scale?fieldManager=hpa", json={**found, "spec": {"replicas": 3}})
    assert (put.status_code, put.json()["spec"]) == (200, {"replicas": 3})
    stale = client.put(f"{POOLS}/a/scale", json={**found, "spec": {"replicas": 9}})
    assert (stale.status_code, stale.json()["reason"]) == (409, "Conflict")
    assert owners(client)[("hpa", "Update", "farm.example.com/v1beta1", "scale")] == {
        "f:spec": {"f:workers": {}}
    }
    for number, (media, body) in enumerate(
        (
            (MERGE, {"spec": {"replicas": 10}}),
            (STRATEGIC, {"spec": {"replicas": 11}}),
            (JSON_PATCH, [{"op": "replace", "path": "/spec/replicas", "value": 12}]),
        )
    ):
        sent = patch(client, f"{POOLS}/a/scale?fieldManager=hpa", body, media)
        assert (sent.status_code, sent.json()["spec"]) == (200, {"replicas": 10 + number})
    assert owners(client)[("hpa", "Update", "farm.example.com/v1", "scale")] == {
        "f:spec": {"f:replicas": {}}
    }
    whole = client.get(f"{POOLS}/a").json()
    assert whole["spec"] == {"replicas": 12, "image": "x"}
    assert whole["status"] == {"replicas": 1, "selector": "pool=a"}
    same = patch(client, f"{POOLS}/a/scale", {"spec": {"replicas": 12}}, MERGE).json()
    assert same["metadata"]["resourceVersion"] == whole["metadata"]["resourceVersion"]
    zero = patch(client, f"{POOLS}/a/scale?dryRun=All", {"spec": {"replicas": 0}}, MERGE).json()
    assert zero["spec"] == {}
    assert client.get(f"{POOLS}/a/scale").json()["spec"] == {"replicas": 12}
    # To more, and to nothing but the number.
    moved = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"replicas": 13},
        "status": {"replicas": 9},
    }
    assert patch(client, f"{POOLS}/a/scale", moved, MERGE).status_code == 200
    after = client.get(f"{POOLS}/a").json()
    assert "labels" not in after["metadata"]
    assert (after["spec"]["replicas"], after["status"]["replicas"]) == (13, 1)


def test_a_race(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PUT for one state is refused where another one comes first; one for any is made again."""
    write = scale._write
    others: list[int] = []

    async def loses(*given: Any) -> Any:
        if not others:
            others.append(7)
            body = {"spec": {"replicas": 7}}
            sent = await to_thread.run_sync(patch, client, f"{POOLS}/a", body, MERGE)
            assert sent.status_code == 200
        return await write(*given)

    monkeypatch.setattr(scale, "_write", loses)
    for insists, code, replicas in ((True, 409, 7), (False, 200, 5)):
        wanted = client.get(f"{POOLS}/a/scale").json()
        wanted["spec"]["replicas"] = 5
        if not insists:
            del wanted["metadata"]["resourceVersion"]
        others.clear()
        assert client.put(f"{POOLS}/a/scale", json=wanted).status_code == code
        assert others
        assert client.get(f"{POOLS}/a").json()["spec"]["replicas"] == replicas
    stale = client.get(f"{POOLS}/a/scale").json()
    patch(client, f"{POOLS}/a", {"spec": {"replicas": 9}}, MERGE)
    assert client.put(f"{POOLS}/a/scale", json=stale).status_code == 409, "it came before this one"
    assert client.get(f"{POOLS}/a").json()["spec"]["replicas"] == 9


def test_applied(client: httpx.Client) -> None:
    """Applied, a scale owns the number alone; who owned it is asked, or forced."""
    head = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "a"}}
    body = {**head, "spec": {"replicas": 7}}
    path = f"{BETA}/a/scale?fieldManager=hpa"
    refused = patch(client, path, body, APPLY)
    assert refused.status_code == 409
    assert [each["field"] for each in refused.json()["details"]["causes"]] == [".spec.replicas"]
    forced = patch(client, f"{path}&force=true", body, APPLY)
    assert (forced.status_code, forced.json()["spec"]) == (200, {"replicas": 7})
    found = owners(client)
    assert found[("hpa", "Apply", "farm.example.com/v1beta1", "scale")] == {
        "f:spec": {"f:workers": {}}
    }
    maker = found[("maker", "Update", "farm.example.com/v1", "")]
    assert maker == {"f:spec": {".": {}, "f:image": {}}}
    again = patch(client, path, body, APPLY).json()
    assert again["metadata"]["resourceVersion"] == forced.json()["metadata"]["resourceVersion"]


REFUSED: tuple[tuple[str, Any, int, str], ...] = (
    ("PUT", {"metadata": {"name": "b"}, "spec": {"replicas": 1}}, 400, "BadRequest"),
    ("PUT", {"metadata": {"name": "a"}, "spec": {"replicas": "1"}}, 400, "BadRequest"),
    ("PUT", {"metadata": {"name": "a"}, "spec": {"replicas": -1}}, 422, "Invalid"),
    ("PUT", {"apiVersion": "farm.example.com/v1", "kind": "Pool"}, 400, "BadRequest"),
    ("PUT", [], 400, "BadRequest"),
    ("PATCH", {"spec": {"replicas": 2.5}}, 422, "Invalid"),
    ("PATCH", {"spec": {"replicas": -1}}, 422, "Invalid"),
    ("PATCH", {"spec": "x"}, 422, "Invalid"),
    ("PATCH", {"metadata": {"name": "b"}}, 400, "BadRequest"),
    ("PATCH", {"metadata": {"uid": "other"}}, 409, "Conflict"),
    ("PATCH", {"metadata": {"resourceVersion": "1"}}, 409, "Conflict"),
    ("POST", {}, 405, "MethodNotAllowed"),
    ("DELETE", {}, 405, "MethodNotAllowed"),
)


def test_refused(client: httpx.Client) -> None:
    before = client.get(f"{POOLS}/a").json()
    for method, body, code, reason in REFUSED:
        media = MERGE if method == "PATCH" else "application/json"
        sent = client.request(
            method,
            f"{POOLS}/a/scale",
            content=json.dumps(body),
            headers={"Content-Type": media},
        )
        assert (sent.status_code, sent.json()["reason"]) == (code, reason), (method, body)
    assert client.get(f"{POOLS}/nosuch/scale").status_code == 404
    assert client.get(f"{POOLS}/a").json() == before


def test_kubectl(farm: Running, client: httpx.Client, kubectl: Path, tmp_path: Path) -> None:
    run = Kubectl(kubectl, farm.url, tmp_path)
    assert "scaled" in run("scale", "pool/a", "--replicas=5")
    assert "scaled" in run("scale", "pool/a", "--current-replicas=5", "--replicas=4")
    run("scale", "pool/a", "--current-replicas=5", "--replicas=3", fails=True)
    assert run("get", "pool/a", "-o", "jsonpath={.spec.replicas}") == "4"
    assert "autoscaled" in run("autoscale", "pool/a", "--min=1", "--max=6")
    target = run("get", "hpa/a", "-o", "jsonpath={.spec.scaleTargetRef}")
    assert json.loads(target) == {
        "apiVersion": "farm.example.com/v1",
        "kind": "Pool",
        "name": "a",
    }
    shown = run("get", "pool/a", "--subresource=scale").split()
    assert shown[:4] == ["NAME", "DESIRED", "AVAILABLE", "AGE"]
    assert shown[4:7] == ["a", "4", "1"]


def test_discovered(client: httpx.Client) -> None:
    listed = client.get("/apis/farm.example.com/v1").json()["resources"]
    scale = next(each for each in listed if each["name"] == "pools/scale")
    assert scale == {
        "name": "pools/scale",
        "singularName": "",
        "namespaced": True,
        "group": "autoscaling",
        "version": "v1",
        "kind": "Scale",
        "verbs": ["get", "patch", "update"],
    }
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    groups = client.get("/apis", headers={"Accept": accept}).json()["items"]
    farm = next(each for each in groups if each["metadata"]["name"] == "farm.example.com")
    found = {
        each["subresource"]: each["responseKind"]
        for each in farm["versions"][0]["resources"][0]["subresources"]
    }
    assert found == {
        "scale": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
        "status": {"group": "", "version": "", "kind": "Pool"},
    }


def test_paths_are_checked() -> None:
    class Lost(Resource):
        class Meta:
            group = "farm.example.com"
            version = "v1"
            subresources = ("scale",)
            scale = ScalePaths("status.replicas", "status.missing")

        status = Object(Status)

    scheme = Scheme()
    scheme.add(hub_of(Lost), Edge(Lost), storage="farm.example.com/v1")
    with pytest.raises(SchemeError) as refused:
        scheme.freeze()
    assert "scale: status.replicas is not within spec" in str(refused.value)
    assert "scale: status.missing is no integer of this version" in str(refused.value)


def test_exported() -> None:
    scheme = Scheme()
    register(scheme)
    document, _ = crd_of(scheme.freeze().kinds[0])
    versions = {each["name"]: each["subresources"] for each in document["spec"]["versions"]}
    assert versions["v1beta1"]["scale"] == {
        "specReplicasPath": ".spec.workers",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    }
