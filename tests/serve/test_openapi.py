"""OpenAPI documents: complete, consistent, and with what clients look for."""

from collections.abc import Iterator
from typing import Any

import httpx

from kconv._serve.protobuf.known import parts


def refs(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref":
                yield item
            else:
                yield from refs(item)
    elif isinstance(value, list):
        for item in value:
            yield from refs(item)


def test_every_version_has_a_document(client: httpx.Client) -> None:
    index = client.get("/openapi/v3").json()["paths"]
    assert {"api/v1", "apis/batch/v1", "apis/batch/v1beta1", "apis/batch/v2alpha1"} <= index.keys()
    for path, entry in index.items():
        assert entry["serverRelativeURL"].startswith(f"/openapi/v3/{path}?hash=")
        response = client.get(entry["serverRelativeURL"])
        assert "immutable" in response.headers["cache-control"]
        document = response.json()
        schemas = document["components"]["schemas"]
        known = {f"#/components/schemas/{name}" for name in schemas}
        assert set(refs(document)) <= known


def test_what_kubectl_looks_for(client: httpx.Client) -> None:
    document = client.get("/openapi/v3/apis/batch/v1").json()
    item = document["paths"]["/apis/batch/v1/namespaces/{namespace}/cronjobs/{name}"]
    names = {each["name"] for each in item["patch"]["parameters"]}
    assert {"dryRun", "fieldValidation", "fieldManager"} <= names
    gvk = {"group": "batch", "kind": "CronJob", "version": "v1"}
    assert item["patch"]["x-kubernetes-group-version-kind"] == gvk
    described = [
        schema
        for schema in document["components"]["schemas"].values()
        if gvk in schema.get("x-kubernetes-group-version-kind", [])
    ]
    assert len(described) == 1
    pod = document["components"]["schemas"]["core.v1.PodSpec"]
    containers = pod["properties"]["containers"]
    assert containers["x-kubernetes-patch-merge-key"] == "name"
    assert containers["x-kubernetes-patch-strategy"] == "merge"
    assert containers["x-kubernetes-list-map-keys"] == ["name"]
    assert pod["required"] == ["containers"]


def test_v2_is_there_and_empty(client: httpx.Client) -> None:
    protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
    response = client.get("/openapi/v2", headers={"Accept": protobuf})
    assert response.headers["content-type"] == protobuf.replace("@", ".")
    found = parts(response.content)
    info = found[2]
    assert isinstance(info, bytes)
    assert (found[1], parts(info)[1]) == (b"2.0", b"Kubernetes")
    document = client.get("/openapi/v2").json()
    assert (document["swagger"], document["paths"], document["definitions"]) == ("2.0", {}, {})
    assert client.get("/openapi/v2", headers={"Accept": "text/html"}).status_code == 406
