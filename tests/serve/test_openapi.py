"""OpenAPI documents: valid, complete, and saying what the server does."""

import json
import threading
from collections.abc import Iterator
from itertools import product
from typing import Any

import httpx
import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV30SpecValidator

from fixtures.long import LONG
from kconv import Scheme
from kconv._codec import DEPTH, LIMIT
from kconv._gvk import GroupVersion
from kconv._serve.openapi import V2, V2_PROTOBUF, OpenApi
from kconv._serve.openapi.gnostic import _MESSAGES
from kconv._serve.openapi.names import operation_id
from kconv._serve.openapi.v2 import v2_document
from kconv._serve.protobuf import encode_object
from kconv._serve.protobuf.known import parts
from kconv._serve.protobuf.wire import fields
from serve.conftest import Running

PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
METHODS = ("get", "put", "post", "delete", "patch")


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


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def documents(client: httpx.Client) -> Iterator[tuple[str, Any]]:
    for path, entry in client.get("/openapi/v3").json()["paths"].items():
        yield path, client.get(entry["serverRelativeURL"]).json()


def test_every_version_has_a_document(client: httpx.Client) -> None:
    """And each operation an id of its own, words, and answers."""
    index = client.get("/openapi/v3").json()["paths"]
    versions = {"api/v1", "apis/batch/v1", "apis/batch/v1beta1", "apis/batch/v2alpha1"}
    assert versions | {"api", "apis", "apis/batch", "version"} <= index.keys()
    ids: set[str] = set()
    for path, document in documents(client):
        known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
        assert set(refs(document)) <= known
        for where, method, operation in operations(document):
            assert operation["operationId"] not in ids, (path, where, method)
            ids.add(operation["operationId"])
            assert operation["description"]
            assert {"401", "default"} < operation["responses"].keys()
            assert all(each["description"] for each in operation["parameters"])
    assert {
        "listBatchV1NamespacedCronJob",
        "listBatchV1CronJobForAllNamespaces",
        "createBatchV1NamespacedJob",
        "deleteBatchV1CollectionNamespacedJob",
        "patchBatchV1beta1NamespacedCronJobStatus",
        "replaceCoreV1NamespaceFinalize",
        "readCoreV1Namespace",
        "getBatchV1APIResources",
        "getBatchAPIGroup",
        "getCodeVersion",
    } <= ids
    assert "deleteCoreV1CollectionNamespace" not in ids


@pytest.mark.parametrize(
    ("group", "word"),
    [
        ("rbac.authorization.k8s.io", "RbacAuthorization"),
        ("events.k8s.io", "Events"),
        ("my-shop.example.com", "MyShopExampleCom"),
    ],
)
def test_ids_of_groups(group: str, word: str) -> None:
    named = operation_id("get", GroupVersion(group, "v1beta1"), "Thing", namespaced=True)
    assert named == f"read{word}V1beta1NamespacedThing"


def test_valid(client: httpx.Client) -> None:
    """As openapi-spec-validator has it, which takes seconds for a large document."""
    chosen = []
    for path, document in documents(client):
        if LONG or path in ("api/v1", "apis", "apis/autoscaling/v1", "version"):
            assert list(OpenAPIV30SpecValidator(document).iter_errors()) == [], path
            chosen.append(document)
    assert len(chosen) >= 4
    assert list(OpenAPIV2SpecValidator(v2_document(chosen[1:], "1")).iter_errors()) == []


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


def test_what_is_not_described_is_refused(client: httpx.Client) -> None:
    """405 for every method of every path that the documents have not."""
    refused = 0
    for path, document in documents(client):
        if not path.startswith(("api/", "apis/")) or path.endswith("v1beta1"):
            continue
        for where, method in product(document["paths"], METHODS):
            if method in document["paths"][where]:
                continue
            place = where.replace("{namespace}", "default").replace("{name}", "a")
            body = "{}" if method in ("put", "post", "patch") else None
            headers = {"Content-Type": "application/json"} if body else {}
            answered = client.request(method.upper(), place, content=body, headers=headers)
            assert answered.status_code == 405, (method, where)
            refused += 1
    assert refused > 50


MAPS = "/api/v1/namespaces/{namespace}/configmaps"
POD = {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}
ASKED: list[tuple[str, str, str, Any, int]] = [
    ("post", MAPS, "application/json", {"metadata": {"name": "a"}}, 201),
    ("post", MAPS, "application/json", {"metadata": {"name": "a"}}, 409),
    ("post", MAPS, "application/json", {"metadata": {"name": "A"}}, 422),
    ("get", MAPS, "", None, 200),
    ("get", MAPS + "/{name}", "", None, 200),
    ("put", MAPS + "/{name}", "application/json", {"metadata": {"name": "a"}}, 200),
    ("patch", MAPS + "/{name}", "application/merge-patch+json", {"data": {"a": "b"}}, 200),
    ("patch", MAPS + "/{name}", "application/json-patch+json", [], 200),
    ("delete", MAPS + "/{name}", "", None, 200),
    ("delete", MAPS + "/{name}", "", None, 404),
    ("delete", MAPS, "", None, 200),
    ("get", "/api/v1/", "", None, 200),
]


def test_answers_are_those_described(client: httpx.Client) -> None:
    """Their codes, their media types, and the kind that comes."""
    document = client.get("/openapi/v3/api/v1").json()
    for method, path, media_type, body, code in ASKED:
        operation = document["paths"][path][method]
        place = path.replace("{namespace}", "default").replace("{name}", "a")
        headers = {"Content-Type": media_type} if media_type else {}
        content = json.dumps(body) if body is not None else None
        answered = client.request(method.upper(), place, content=content, headers=headers)
        assert answered.status_code == code, (method, path, answered.text)
        if media_type:
            assert media_type in operation["requestBody"]["content"]
        response = operation["responses"].get(str(code), operation["responses"]["default"])
        schema = response["content"][answered.headers["content-type"]]["schema"]
        kinds = [
            each["kind"]
            for ref in refs(schema)
            for each in document["components"]["schemas"][ref.rpartition("/")[2]].get(
                "x-kubernetes-group-version-kind", [{"kind": "Status"}]
            )
        ]
        assert answered.json()["kind"] in kinds, (method, path)
    for media_type in document["paths"][MAPS]["post"]["requestBody"]["content"]:
        written = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "m-"}}
        data = encode_object(written) if "protobuf" in media_type else json.dumps(written)
        made = client.post(
            MAPS.replace("{namespace}", "default"),
            content=data,
            headers={"Content-Type": media_type, "Accept": media_type},
        )
        assert (made.status_code, made.headers["content-type"]) == (201, media_type)


def test_hashes_and_entity_tags(client: httpx.Client) -> None:
    """A document with its hash stays; another hash leads to it; 304 for who has it."""
    url = client.get("/openapi/v3").json()["paths"]["api/v1"]["serverRelativeURL"]
    assert url.startswith("/openapi/v3/api/v1?hash=")
    answered = client.get(url)
    assert answered.headers["cache-control"] == "public, immutable"
    assert answered.headers["expires"].endswith("GMT")
    assert answered.headers["etag"] == f'"{url.partition("=")[2]}"'
    other = client.get("/openapi/v3/api/v1?hash=0", follow_redirects=False)
    assert (other.status_code, other.headers["location"]) == (301, url)
    assert "immutable" not in other.headers["cache-control"]
    aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    for path, accept in (
        (url, "application/json"),
        ("/openapi/v3", "*/*"),
        ("/openapi/v2", "application/json"),
        ("/openapi/v2", PROTOBUF),
        ("/apis", aggregated),
    ):
        first = client.get(path, headers={"Accept": accept})
        tag = first.headers["etag"]
        for given, code in ((tag, 304), (f'"x", W/{tag}', 304), ("*", 304), ('"x"', 200)):
            again = client.get(path, headers={"Accept": accept, "If-None-Match": given})
            assert (again.status_code, again.headers["etag"]) == (code, tag), (path, given)
            assert bool(again.content) == (code == 200)
    tags = {
        client.get("/openapi/v2", headers={"Accept": each}).headers["etag"]
        for each in ("application/json", PROTOBUF)
    }
    assert len(tags) == 2
    assert client.get("/openapi/v2", headers={"Accept": "text/html"}).status_code == 406
    for path in ("apis/nosuch/v1", "v2", "v2%20as%20protobuf", "//example.com"):
        assert client.get(f"/openapi/v3/{path}").status_code == 404


class Held(OpenApi):
    """Documents that are made no sooner than allowed; counts those of one version."""

    def __init__(self) -> None:
        super().__init__(Scheme().freeze(), [GroupVersion("example.com", "v1")], "1")
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.made = 0

    def _make(self, path: str, makers: Any) -> bytes:
        self.begun.set()
        assert self.may_end.wait(20)
        self.made += path == "apis/example.com/v1"
        return super()._make(path, makers)


def test_a_change_waits_for_no_document() -> None:
    """And what was begun before it is not kept, since it may say what was before."""
    held, version = Held(), GroupVersion("example.com", "v1")
    asked = threading.Thread(target=held.document, args=("apis/example.com/v1",))
    asked.start()
    assert held.begun.wait(20)
    change = threading.Thread(target=held.changed, args=([version], {"example.com"}))
    change.start()
    change.join(10)
    assert not change.is_alive()
    held.may_end.set()
    asked.join(20)
    for _ in range(2):
        assert held.document("apis/example.com/v1") is not None
    assert held.made == 2
    held.changed([], {"example.com"})
    assert held.document("apis/example.com/v1") is None
    assert "apis/example.com/v1" not in held.index()["paths"]


def test_documents_larger_and_deeper_than_bodies() -> None:
    """Those of all groups have more than 3 MiB together; schemas of CRDs may be deep."""
    deep: Any = {"type": "string"}
    for _ in range(DEPTH):
        deep = {"type": "array", "items": deep}
    schemas = {"large": {"type": "string", "description": "x" * (LIMIT + 1)}, "deep": deep}
    made = Held()
    made.may_end.set()
    made._makers = {"apis/x/v1": lambda: {"paths": {}, "components": {"schemas": schemas}}}
    document = json.loads(made.v2(V2).data)
    assert document["definitions"].keys() == schemas.keys()
    assert decoded("Document", made.v2(V2_PROTOBUF).data) == with_what_is_said(document)


def test_v2_has_all_of_v3(client: httpx.Client) -> None:
    document = client.get("/openapi/v2").json()
    assert document["swagger"] == "2.0"
    known = {f"#/definitions/{name}" for name in document["definitions"]}
    assert set(refs(document)) <= known
    of_v2 = {(path, method): operation for path, method, operation in operations(document)}
    for _, newer in documents(client):
        assert newer["components"]["schemas"].keys() <= document["definitions"].keys()
        for path, method, operation in operations(newer):
            older = of_v2.pop((path, method))
            assert older["operationId"] == operation["operationId"]
            assert older["responses"].keys() == operation["responses"].keys()
            named = {each["name"] for each in older["parameters"]} - {"body"}
            assert named == {each["name"] for each in operation["parameters"]}
    assert not of_v2
    target = document["definitions"]["io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler"]
    assert target["properties"]["spec"]["$ref"] in known
    port = document["definitions"]["core.v1.HTTPGetAction"]["properties"]["port"]
    assert (port["type"], port["format"]) == ("string", "int-or-string")
    limits = document["definitions"]["core.v1.ResourceRequirements"]["properties"]["limits"]
    assert limits["additionalProperties"] == {"type": "string"}


def test_v2_as_protobuf_says_the_same(client: httpx.Client) -> None:
    answered = client.get("/openapi/v2", headers={"Accept": PROTOBUF})
    assert answered.headers["content-type"] == PROTOBUF.replace("@", ".")
    expected = with_what_is_said(client.get("/openapi/v2").json())
    assert decoded("Document", answered.content) == expected


def test_numbers_of_v2_as_protobuf(client: httpx.Client) -> None:
    """Those that kubectl 1.24 reads a description of a field by."""
    answered = client.get("/openapi/v2", headers={"Accept": PROTOBUF})

    def inner(data: int | bytes, *numbers: int) -> bytes:
        for number in numbers:
            data = next(raw for at, _, raw in fields(whole(data)) if at == number)
        return whole(data)

    def named(data: bytes, name: str) -> bytes:
        return next(inner(raw, 2) for _, _, raw in fields(data) if inner(raw, 1) == name.encode())

    assert (inner(answered.content, 1), inner(answered.content, 2, 1)) == (b"2.0", b"Kubernetes")
    kind = named(inner(answered.content, 9), "io.k8s.api.batch.v1.CronJob")
    extension = inner(kind, 31)
    assert inner(extension, 1) == b"x-kubernetes-group-version-kind"
    gvk = json.loads(inner(extension, 2, 2))
    assert gvk == [{"group": "batch", "kind": "CronJob", "version": "v1"}]
    spec = inner(named(inner(kind, 25), "spec"), 1).decode()
    schema = named(inner(answered.content, 9), spec.removeprefix("#/definitions/"))
    assert (inner(schema, 22, 1), b"jobTemplate") == (b"object", inner(schema, 19))
    schedule = named(inner(schema, 25), "schedule")
    assert inner(schedule, 22, 1) == b"string"
    assert b"as cron has them" in inner(schedule, 4)
    paths = inner(answered.content, 8)
    path = next(raw for at, _, raw in fields(paths) if at == 2)
    assert inner(path, 1) == b"/api/"
    assert inner(path, 2, 2, 5) == b"getCoreAPIVersions"


def with_what_is_said(value: Any) -> Any:
    """Without zeros and empty lists, which this message does not tell from what is absent."""
    if isinstance(value, dict):
        return {
            key: with_what_is_said(item)
            for key, item in value.items()
            if (item != [] or key == "BearerToken")
            and not (key in ("minimum", "maximum") and item == 0)
        }
    return [with_what_is_said(each) for each in value] if isinstance(value, list) else value


def decoded(message: str, data: bytes) -> dict[str, Any]:
    """A message of gnostic's, read again; by the numbers that it was written by."""
    by_number = {number: (key, kind) for key, (number, kind) in _MESSAGES[message].items()}
    value: dict[str, Any] = {}
    for number, _, raw in fields(data):
        key, kind = by_number[number]
        outer, _, inner = kind.rpartition(":")
        if kind == "extensions":
            name, item = entry(raw, "any")
            value[name] = item
        elif outer == "list":
            value.setdefault(key, []).append(content(inner, raw))
        elif outer == "named":
            value[key] = {}
            for _, _, each in fields(whole(raw)):
                name, item = entry(each, inner)
                value[key][name] = item
        else:
            value[key] = content(kind, raw)
    return value


def whole(raw: int | bytes) -> bytes:
    assert isinstance(raw, bytes)
    return raw


def entry(raw: int | bytes, kind: str) -> tuple[str, Any]:
    found = parts(whole(raw))
    return whole(found[1]).decode(), content(kind, found.get(2, b""))


def content(kind: str, raw: int | bytes) -> Any:
    if isinstance(raw, int):
        return bool(raw) if kind == "bool" else raw
    inside = parts(raw) if kind not in ("text", "Schema", "double") else {}
    match kind:
        case "text":
            return raw.decode()
        case "double":
            return memoryview(raw).cast("d")[0]
        case "any":
            return json.loads(whole(inside[2]))
        case "types":
            return whole(inside[1]).decode()
        case "schema-or-bool":
            return bool(inside[2]) if 2 in inside else decoded("Schema", whole(inside[1]))
        case "SchemaItem":
            return decoded("Schema", whole(inside[1]))
        case "Parameter":
            parameter = parts(whole(inside[1]))
            if 1 in parameter:
                return decoded("Body", whole(parameter[1]))
            [(number, of)] = parts(whole(parameter[2])).items()
            return decoded({3: "Query", 4: "Path"}[number], whole(of))
        case "Paths":
            return dict(entry(each, "PathItem") for _, _, each in fields(raw))
        case "Responses":
            return dict(entry(each, "ResponseValue") for _, _, each in fields(raw))
        case "ResponseValue":
            return decoded("Response", whole(inside[1]))
        case "SecurityDefinition":
            return decoded("ApiKey", whole(inside[2]))
        case "Requirement":
            return dict(entry(each, "names") for _, _, each in fields(raw))
        case "names":
            return [whole(each).decode() for _, _, each in fields(raw)]
    return decoded(kind, raw)


def test_words(running: Running) -> None:
    """Of the fields that people ask about; those of other versions are of the same types."""
    with running.client() as client:
        for version, kind in (("v1", "CronJob"), ("v1beta1", "CronJob"), ("v1", "Job")):
            schemas = client.get(f"/openapi/v3/apis/batch/{version}").json()["components"][
                "schemas"
            ]
            spec = refs(schemas[f"io.k8s.api.batch.{version}.{kind}"]["properties"]["spec"])
            schema = schemas[next(spec).rpartition("/")[2]]
            assert schema["description"]
            without = [n for n, each in schema["properties"].items() if "description" not in each]
            assert without == [], (version, kind)
        pod = schemas["core.v1.Container"]["properties"]
        assert {"image", "command", "env", "resources"} <= {
            name for name, each in pod.items() if "description" in each
        }
