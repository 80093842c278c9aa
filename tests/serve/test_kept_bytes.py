"""A GET of what is in memory is answered from its bytes just as any other GET is."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest

from kconv import create_app
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme, Spoke
from kconv._store import Key, SqlStore
from kconv._verbs.encoded import Encoded
from kconv._verbs.memory import CachedRow
from kconv._verbs.objects import Objects
from serve.asgi import ask
from serve.conftest import BOTH, Running
from serve.samples import CONFIGMAPS, CRONJOBS, configmap, created, cronjob, patched

HPA = "namespaces/default/horizontalpodautoscalers"
JSON, YAML = "application/json", "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
AS = f"{JSON};g=meta.k8s.io;v=v1;as="

PLAIN = ["", "*/*", JSON, "application/*", f"{JSON};charset=utf-8", f"text/html, {JSON};q=0.5"]
OTHER = [
    YAML,
    PROTOBUF,
    f"{AS}Table",
    f"{AS}PartialObjectMetadata",
    f"{AS}Table, {YAML}",
    f"{AS}Unknown, {YAML};q=0.5",
    "text/html",
]
QUERIES = [
    "pretty=true",
    "pretty=1",
    "resourceVersion=0",
    "resourceVersion=1",
    "resourceVersion=99999999",
    "resourceVersion=x",
    "watch=1",
    "unknown=1",
]


def told(answer: httpx.Response) -> dict[str, Any]:
    """What a client learns, but for what is another each time, as the age in a table."""
    headers = sorted(
        (name, value)
        for name, value in answer.headers.multi_items()
        if name not in ("date", "audit-id", "content-length")
    )
    assert answer.headers["audit-id"]
    if "content-length" in answer.headers and answer.request.method != "HEAD":
        assert int(answer.headers["content-length"]) == len(answer.content)
    body = re.sub(rb'"\d+s"', b'"age"', answer.content)
    return {"code": answer.status_code, "headers": headers, "body": body}


def kept(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each look at what is kept, whether it was there."""
    looked: list[bool] = []
    plain = Objects.kept

    def look(self: Objects, spoke: Spoke, row: CachedRow) -> Encoded | None:
        found = plain(self, spoke, row)
        looked.append(found is not None)
        return found

    monkeypatch.setattr(Objects, "kept", look)
    return looked


def test_every_way_to_ask(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    created(client, CONFIGMAPS, configmap("a", labels={"x": "y"}))
    created(client, CRONJOBS, cronjob("a"))
    to = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}
    metrics = [{"type": "Resource", "resource": {
        "name": "memory", "target": {"type": "Utilization", "averageUtilization": 5}}}]  # fmt: skip
    made = {"metadata": {"name": "a"}, "spec": {
        "scaleTargetRef": to, "maxReplicas": 3, "metrics": metrics}}  # fmt: skip
    created(client, f"/apis/autoscaling/v2/{HPA}", made)
    paths = [
        f"{CONFIGMAPS}/a",
        f"{CONFIGMAPS}/none",
        f"{CRONJOBS}/a",
        # Of a deprecated version a header says so.
        f"{CRONJOBS.replace('v1', 'v1beta1')}/a",
        # The metadata of a view is the hub's, and not that of the bytes.
        f"/apis/autoscaling/v1/{HPA}/a",
        f"/apis/autoscaling/v2/{HPA}/a",
    ]
    parts = [f"{CRONJOBS}/a/status", f"{CONFIGMAPS}/a/status"]
    for path in [*paths, *parts]:
        client.get(path)
    cases = [(path, "GET", accept) for path in paths for accept in (*PLAIN, *OTHER)]
    cases += [(f"{path}?{query}", "GET", JSON) for path in paths for query in QUERIES]
    cases += [(path, "GET", accept) for path in parts for accept in (JSON, YAML)]
    cases += [(path, method, JSON) for path in paths for method in ("HEAD", "OPTIONS", "POST")]

    def ask(path: str, method: str, accept: str) -> dict[str, Any]:
        return told(client.request(method, path, headers={"Accept": accept}))

    looked = kept(monkeypatch)
    found = {case: ask(*case) for case in cases}
    assert looked == [True] * len(PLAIN) * (len(paths) - 1), "those alone, each from its bytes"
    monkeypatch.setattr(Objects, "kept", lambda *_: None)
    for case in cases:
        assert found[case] == ask(*case), case
    codes = {each["code"] for each in found.values()}
    assert codes == {200, 400, 404, 405, 406, 504}


def test_it_is_counted_and_logged_as_any_other(
    running: Running, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    created(client, CONFIGMAPS, configmap("a"))
    client.get(f"{CONFIGMAPS}/a")
    looked = kept(monkeypatch)

    def count(name: str, *labels: str) -> float:
        lines = client.get("/metrics").text.splitlines()
        (line,) = [
            line for line in lines if line.startswith(name) and all(each in line for each in labels)
        ]
        return float(line.rpartition(" ")[2])

    for asked, code in (("a", "200"), ("none", "404")):
        client.get(f"{CONFIGMAPS}/{asked}")
        labels = ('verb="GET"', 'resource="configmaps"', 'scope="resource"')
        before = count("apiserver_request_total", *labels, f'code="{code}"')
        seconds = count("apiserver_request_duration_seconds_count", *labels)
        hits = count("kconv_object_cache_requests", 'result="hit"')
        client.get(f"{CONFIGMAPS}/{asked}")
        assert count("apiserver_request_total", *labels, f'code="{code}"') == before + 1
        assert count("apiserver_request_duration_seconds_count", *labels) == seconds + 1
        after = count("kconv_object_cache_requests", 'result="hit"')
        assert after == hits + (code == "200")
    assert looked == [True] * 2


def test_only_those_who_may_see_it(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    running = serve()
    with running.client() as client:
        created(client, CONFIGMAPS, configmap("a"))
        client.get(f"{CONFIGMAPS}/a")
        looked = kept(monkeypatch)
        refused = client.get(f"{CONFIGMAPS}/a", headers={"Impersonate-User": "b"})
        assert refused.status_code == 403
        assert looked == []


@BOTH
class TestWrites:
    def test_what_others_wrote_is_seen(
        self, client: httpx.Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By this server, by another one, and by a rewrite that gives no new resourceVersion."""
        made = created(client, CONFIGMAPS, configmap("a"))
        path = f"{CONFIGMAPS}/a"
        looked = kept(monkeypatch)

        def read() -> Any:
            answer = client.get(path)
            assert client.get(path).content == answer.content
            assert looked[-1], "the second time it is there"
            return answer.json() | {"code": answer.status_code}

        assert read()["data"] == {"a": "b"}
        mine = patched(client, path, {"data": {"a": "mine"}}).json()
        assert read()["data"] == {"a": "mine"}
        row = store.get(Key("", "configmaps", "default", "a"))
        other = store.update(
            row.key, expected=row.resource_version, api_version="v1",
            data=row.data.replace(b"mine", b"other"),
        )  # fmt: skip
        assert read()["data"] == {"a": "other"}
        assert read()["metadata"]["resourceVersion"] == str(other.resource_version)
        assert made["metadata"]["uid"] == mine["metadata"]["uid"] == read()["metadata"]["uid"]
        store.rewrite([(other, "v1", other.data.replace(b"other", b"moved"))])
        assert read()["data"] == {"a": "moved"}
        assert read()["metadata"]["resourceVersion"] == str(other.resource_version)
        store.delete(row.key, expected=other.resource_version, api_version="v1", data=other.data)
        assert client.get(path).status_code == 404
        again = created(client, CONFIGMAPS, configmap("a"))
        assert read()["metadata"]["uid"] == again["metadata"]["uid"]


def test_each_event_loop_has_its_own_memory(
    scheme: Scheme, pipeline: Pipeline, store: SqlStore
) -> None:
    """As where each test of a user has a loop of its own: the one before has ended."""
    app = create_app(scheme, store, pipeline=pipeline)
    body = json.dumps(configmap("a")).encode()
    sent = {"Content-Type": "application/json"}

    async def read(written: bytes = b"") -> bytes:
        if written:
            assert (await ask(app, "POST", CONFIGMAPS, written, sent)).status == 201
        for _ in range(2):
            answer = await ask(app, "GET", f"{CONFIGMAPS}/a")
            assert answer.status == 200, answer.body
        return answer.body

    first = asyncio.run(read(body))
    assert asyncio.run(read()) == first
    assert asyncio.run(read()) == first
