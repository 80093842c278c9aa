"""Answers and watches in protobuf, and which form a client gets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kconv._serve.protobuf import MEDIA_TYPE, decode_object, encode_object
from kconv._serve.protobuf.known import parts
from kconv._serve.protobuf.wire import delimited
from serve.conftest import Running

MAPS = "/api/v1/namespaces/default/configmaps"
CRONJOBS = "/apis/batch/v1/namespaces/default/cronjobs"
ALPHA = "/apis/batch/v2alpha1/namespaces/default/cronjobs"
TABLE = "as=Table;g=meta.k8s.io;v=v1"
METADATA = "as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
JSON = "application/json"
TYPE = ("apiVersion", "kind")
"""What items of a list of views repeat in JSON alone, and old documents of discovery lack."""
PRODUCED = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
POD = {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}
CRONJOB = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "cj"},
    "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": POD}}}},
}


def read(response: httpx.Response) -> Any:
    assert response.headers["content-type"] == MEDIA_TYPE, response.text
    return decode_object(response.content)


def frames(data: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    while data:
        size = int.from_bytes(data[:4], "big")
        event, data = parts(data[4 : 4 + size]), data[4 + size :]
        assert set(event) == {1, 2}
        kind, raw = event[1], event[2]
        assert isinstance(kind, bytes)
        assert isinstance(raw, bytes)
        encoded = parts(raw)[1]
        assert isinstance(encoded, bytes)
        yield kind.decode(), decode_object(encoded)


def test_answers(client: httpx.Client) -> None:
    """Objects, lists, metadata and a Status say in protobuf what they say in JSON."""
    both = {"Content-Type": MEDIA_TYPE, "Accept": f"{MEDIA_TYPE},{JSON}"}
    created = client.post(CRONJOBS, content=encode_object(CRONJOB), headers=both)
    assert created.status_code == 201
    assert read(created) == client.get(f"{CRONJOBS}/cj").json()
    other = {"metadata": {"name": "b", "labels": {"a": "1"}}, "data": {"k": "v"}}
    for document in (other, {"metadata": {"name": "c"}, "binaryData": {"b": "AP8="}}):
        assert client.post(MAPS, json=document).status_code == 201
    put = client.get(f"{MAPS}/b").json()
    put["data"]["k"] = ""
    changed = client.put(f"{MAPS}/b", content=encode_object(put), headers=both)
    assert read(changed)["data"] == {"k": ""}
    for path, parameters, view in (
        (CRONJOBS, {}, ""),
        (f"{CRONJOBS}/cj", {}, ""),
        (f"{CRONJOBS.replace('v1', 'v1beta1')}/cj", {}, ""),
        (MAPS, {}, ""),
        (MAPS, {"limit": "1"}, ""),
        (MAPS, {"labelSelector": "a=1"}, METADATA_LIST),
        (f"{MAPS}/b", {}, METADATA),
        (ALPHA, {}, METADATA_LIST),
        (f"{MAPS}/nope", {}, ""),
        (MAPS, {"limit": "x"}, ""),
        ("/api/v1/nope", {}, ""),
        ("/api", {}, ""),
        ("/apis", {}, ""),
        ("/apis/batch", {}, ""),
        ("/apis/batch/v1", {}, ""),
    ):
        sent = {"Accept": f"{MEDIA_TYPE};{view}" if view else MEDIA_TYPE}
        answered = client.get(path, params=parameters, headers=sent)
        expected = client.get(path, params=parameters, headers={"Accept": f"{JSON};{view}"})
        assert answered.status_code == expected.status_code, path
        assert plain(read(answered)) == plain(expected.json()), path
    deleted = client.delete(f"{MAPS}/c", headers={"Accept": MEDIA_TYPE})
    assert read(deleted)["status"] == "Success"
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "dryRun": ["All"]}
    kept = client.request("DELETE", f"{MAPS}/b", content=encode_object(options), headers=both)
    assert read(kept)["kind"] in ("Status", "ConfigMap")
    assert client.get(f"{MAPS}/b").status_code == 200


def plain(document: Any) -> Any:
    """Without what protobuf cannot tell from its absence, and without types."""
    if isinstance(document, dict):
        found = {key: plain(item) for key, item in document.items() if key not in TYPE}
        return {key: item for key, item in found.items() if item not in ("", [], None, {})}
    return [plain(each) for each in document] if isinstance(document, list) else document


def test_watches(running: Running) -> None:
    """Events in frames: objects and bookmarks, selected ones, metadata only."""
    with running.client() as client:
        client.post(MAPS, json={"metadata": {"name": "a", "labels": {"x": "1"}}})
        client.post(MAPS, json={"metadata": {"name": "b"}})
        query = {
            "watch": "1",
            "sendInitialEvents": "true",
            "allowWatchBookmarks": "true",
            "resourceVersionMatch": "NotOlderThan",
        }
        for view, selector in (("", ""), (";stream=watch", "x=1"), (f";{METADATA}", "")):
            asked = {**query, "labelSelector": selector}
            found = {}
            for form in (MEDIA_TYPE, JSON):
                headers = {"Accept": form + view}
                with client.stream("GET", MAPS, params=asked, headers=headers) as answered:
                    found[form] = until_bookmark(answered)
            assert found[MEDIA_TYPE] == found[JSON]
            assert [each[1]["metadata"].get("name") for each in found[JSON]] == (
                ["a", None] if selector else ["a", "b", None]
            )


def until_bookmark(answered: httpx.Response) -> list[tuple[str, dict[str, Any]]]:
    """The events that a watch begins with."""
    data = b""
    for piece in answered.iter_bytes():
        data += piece
        if b"initial-events-end" in data:
            break
    if answered.headers["content-type"] == f"{MEDIA_TYPE};stream=watch":
        return list(frames(data))
    lines = [json.loads(line) for line in data.splitlines()]
    return [(each["type"], each["object"]) for each in lines]


def test_live_changes(running: Running) -> None:
    """Watches in both forms, which share what they are told, each get their own."""
    with running.client() as client, running.client() as watching, running.client() as other:
        version = client.get(MAPS).json()["metadata"]["resourceVersion"]
        query = {"watch": "1", "timeoutSeconds": "1", "resourceVersion": version}
        with (
            watching.stream("GET", MAPS, params=query, headers={"Accept": MEDIA_TYPE}) as frame,
            other.stream("GET", MAPS, params=query) as line,
        ):
            made = client.post(MAPS, json={"metadata": {"name": "a"}}).json()
            client.delete(f"{MAPS}/a")
            read_lines = [json.loads(each) for each in line.iter_lines()]
            read_frames = list(frames(b"".join(frame.iter_bytes())))
    assert [each for each, _ in read_frames] == ["ADDED", "DELETED"]
    assert read_frames[0][1] == made
    assert read_frames == [(each["type"], each["object"]) for each in read_lines]


NEGOTIATED = [
    (MAPS, MEDIA_TYPE, 200, MEDIA_TYPE),
    (MAPS, f"{MEDIA_TYPE},{JSON}", 200, MEDIA_TYPE),
    (MAPS, f"{JSON},{MEDIA_TYPE}", 200, JSON),
    (MAPS, f"{MEDIA_TYPE};q=0.5,{JSON}", 200, JSON),
    (MAPS, "*/*", 200, JSON),
    (MAPS, "application/*", 200, JSON),
    (MAPS, f"{MEDIA_TYPE};{TABLE},{JSON};{TABLE}", 200, JSON),
    (MAPS, f"{MEDIA_TYPE};{TABLE}", 406, JSON),
    (MAPS, f"{MEDIA_TYPE};{TABLE},{MEDIA_TYPE}", 200, MEDIA_TYPE),
    (ALPHA, f"{MEDIA_TYPE},{JSON}", 200, JSON),
    (ALPHA, f"{MEDIA_TYPE};{METADATA_LIST}", 200, MEDIA_TYPE),
    (ALPHA, MEDIA_TYPE, 406, MEDIA_TYPE),
    (f"{ALPHA}?watch=1&timeoutSeconds=1", f"{MEDIA_TYPE},{JSON}", 200, JSON),
    (f"{ALPHA}?watch=1&timeoutSeconds=1", MEDIA_TYPE, 406, MEDIA_TYPE),
    (f"{MAPS}?watch=1", "application/yaml", 406, "application/yaml"),
    ("/version", MEDIA_TYPE, 406, MEDIA_TYPE),
    ("/", f"{MEDIA_TYPE},{JSON}", 200, JSON),
]


def test_negotiation(client: httpx.Client) -> None:
    for path, accept, code, media_type in NEGOTIATED:
        answered = client.get(path, headers={"Accept": accept})
        given = (answered.status_code, answered.headers["content-type"])
        assert given == (code, media_type), (path, accept)
        if code == 406 and media_type == MEDIA_TYPE:
            message = f"only the following media types are accepted: {PRODUCED}"
            assert read(answered)["message"] == message


RECORDED = [
    "misc/1027-watch-yaml-accept",
    "misc/1051-get-as-list-kind-406",
    "misc/1052-list-as-unknown-406",
    "misc/1141-content-type-missing",
    "misc/1151-accept-cbor",
]


def test_recorded(reference: Path, client: httpx.Client) -> None:
    """Refusals as a kube-apiserver words them, byte for byte where it answers in protobuf."""
    client.post("/api/v1/namespaces", json={"metadata": {"name": "misc"}})
    for name in ("c0", "c1"):
        made = client.post("/api/v1/namespaces/misc/configmaps", json={"metadata": {"name": name}})
        assert made.status_code == 201
    for name in RECORDED:
        exchange = json.loads((reference / f"{name}.json").read_text())
        asked, expected = exchange["request"], exchange["response"]
        answered = client.request(
            asked["method"], asked["path"], headers=asked["headers"], content=asked.get("body")
        )
        assert answered.status_code == expected["status"], name
        assert answered.headers["content-type"] == expected["headers"]["content-type"], name
        if isinstance(expected["body"], dict):
            assert answered.json() == expected["body"], name
        else:
            found = {line.partition(":")[0] for line in answered.text.splitlines()}
            assert {"code", "kind", "message", "reason"} <= found, name
    exchange = json.loads((reference / "crd" / "598-cr-protobuf-not-acceptable.json").read_text())
    answered = client.get(ALPHA, headers=exchange["request"]["headers"])
    assert answered.headers["content-type"] == exchange["response"]["headers"]["content-type"]
    assert answered.content.decode("utf-8", "replace") == exchange["response"]["body"]


@pytest.mark.parametrize("api_version", ["batch.example.com/v1", "core/v1", "batch/v2alpha1"])
def test_unknown_messages_are_not_read(client: httpx.Client, api_version: str) -> None:
    """An envelope that names a kind of another group is not taken for Kubernetes'."""
    type_meta = delimited(1, api_version.encode()) + delimited(2, b"CronJob")
    raw = parts(encode_object(CRONJOB)[4:])[2]
    assert isinstance(raw, bytes)
    body = b"k8s\x00" + delimited(1, type_meta) + delimited(2, raw)
    answered = client.post(CRONJOBS, content=body, headers={"Content-Type": MEDIA_TYPE})
    assert answered.status_code == 415
    assert "cannot be read from" in answered.json()["message"]
