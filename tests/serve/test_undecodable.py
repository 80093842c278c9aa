"""Stored objects that cannot be read: seen, listed around, replaced and deleted."""

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from kconv._settings import Limits
from kconv._store import Key, SqlStore, Stored
from kconv._verbs.undecodable_registry import UndecodableRegistry
from serve.conftest import Running
from serve.samples import CONFIGMAPS, CRONJOBS, configmap, created, cronjob, patched
from serve.test_namespaces import eventually, is_gone
from serve.test_watch import events, short

TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
BETA = CRONJOBS.replace("/v1/", "/v1beta1/")
BAD = f"{CRONJOBS}/bad"
METADATA = {
    "name": "bad",
    "namespace": "default",
    "labels": {"app": "x"},
    "creationTimestamp": "2020-01-02T03:04:05Z",
    "generation": 4,
}
BROKEN: dict[str, Any] = {
    "kind": "CronJob",
    "apiVersion": "batch/v1",
    "metadata": METADATA,
    "spec": {"schedule": 5, "jobTemplate": []},
    "status": {"lastScheduleTime": "2026-01-02T03:04:05Z"},
}


@pytest.fixture
def running(serve: Callable[..., Running]) -> Running:
    """A server that lists and watches without what it cannot read, which is not the default."""
    return serve(limits=Limits(leave_out_unreadable=True))


def spoil(store: SqlStore, data: Any = BROKEN, name: str = "bad") -> Stored:
    """Store a CronJob that cannot be read."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    key = Key("batch", "cronjobs", "default", name)
    return store.create(key, uid=f"uid-{name}", api_version="batch/v1", data=raw)


def warnings(response: httpx.Response) -> list[str]:
    return response.headers.get_list("warning")


def test_get_shows_it_as_it_is_stored(client: httpx.Client, store: SqlStore) -> None:
    stored = spoil(store)
    response = client.get(BAD)
    assert response.status_code == 200
    found = response.json()
    assert {**found, "metadata": METADATA} == BROKEN
    assert found["metadata"]["resourceVersion"] == str(stored.resource_version)
    assert found["metadata"]["uid"] == "uid-bad"
    (warning,) = warnings(response)
    assert warning.startswith('299 - "cronjobs.batch \\"default/bad\\" cannot be read (')
    assert "spec.schedule" in warning
    table = client.get(BAD, headers=TABLE)
    assert table.json()["rows"][0]["cells"][:2] == ["bad", "<unreadable>"]
    assert len(warnings(table)) == 1


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (f"{BETA}/bad", BROKEN),
        (BAD, b'{"kind": "CronJob'),
        (BAD, b"[1]"),
        (BAD, b'"\xff"'),
        (BAD, b""),
    ],
)
def test_else_get_says_what_is_wrong(
    client: httpx.Client, store: SqlStore, path: str, data: Any
) -> None:
    spoil(store, data)
    response = client.get(path)
    body = response.json()
    assert (response.status_code, body["kind"]) == (500, "Status")
    assert body["reason"] == "InternalError"
    assert body["details"]["name"] == "bad"
    assert (body["details"]["group"], body["details"]["kind"]) == ("batch", "cronjobs")
    assert 'cronjobs.batch "default/bad" cannot be read' in body["message"]
    assert "replace (PUT) or delete it" in body["message"]
    if data is BROKEN:
        fields = [each["field"] for each in body["details"]["causes"]]
        assert sorted(fields) == ["spec.jobTemplate", "spec.schedule"]
    assert patched(client, path, {"spec": {"suspend": True}}).status_code == 500
    assert client.put(f"{path}/status", json=cronjob("bad")).status_code == 500


@pytest.mark.parametrize("data", [BROKEN, b"", b"[]", b"{}", {"metadata": [1], "status": 7}])
def test_list_leaves_it_out_and_says_so(client: httpx.Client, store: SqlStore, data: Any) -> None:
    created(client, CRONJOBS, cronjob("good"))
    spoil(store, data)
    created(client, CRONJOBS, cronjob("later"))
    readable = data == b"{}"
    for path in (CRONJOBS, BETA, "/apis/batch/v1/cronjobs"):
        response = client.get(path)
        names = [each["metadata"].get("name") for each in response.json()["items"]]
        if readable:
            continue
        assert names == ["good", "later"]
        said = [each for each in warnings(response) if "deprecated" not in each]
        assert len(said) == 1
        assert 'cronjobs.batch \\"default/bad\\"' in said[0]
    assert client.get(CRONJOBS, headers=TABLE).status_code == 200
    paged = client.get(CRONJOBS, params={"limit": "1"}).json()
    assert paged["metadata"]["continue"]


LISTS: tuple[dict[str, Any], ...] = (
    {},
    {"limit": "1"},
    {"labelSelector": "app=x"},
    {"fieldSelector": "metadata.name=bad"},
    {"resourceVersion": "0"},
)


def test_list_fails_by_default(serve: Callable[..., Running], store: SqlStore) -> None:
    """Whoever took what is missing for deleted would act on it."""
    with serve().client() as client:
        created(client, CRONJOBS, cronjob("good"))
        spoil(store)
        created(client, CRONJOBS, cronjob("later"))
        for path in (CRONJOBS, BETA, "/apis/batch/v1/cronjobs"):
            for query in LISTS:
                for headers in ({}, TABLE):
                    response = client.get(path, params=query, headers=headers)
                    body = response.json()
                    found = (response.status_code, body["kind"], body.get("reason"))
                    assert found == (500, "Status", "InternalError"), (path, query)
                    assert 'cronjobs.batch "default/bad"' in body["message"]
                    (cause,) = body["details"]["causes"]
                    assert cause["message"] == 'cronjobs.batch "default/bad"'
        assert client.get(CRONJOBS, params={"fieldSelector": "metadata.name=good"}).is_success
        assert client.get(CRONJOBS.replace("default", "other")).is_success
        assert client.put(BAD, json=cronjob("bad")).is_success
        names = [each["metadata"]["name"] for each in client.get(CRONJOBS).json()["items"]]
        assert names == ["bad", "good", "later"]


def test_large_list_ends_early(
    serve: Callable[..., Running], store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is sent while it is made is cut off, and not taken for a whole one."""
    monkeypatch.setattr("kconv._verbs.search._AT_ONCE", 1)
    with serve().client() as client:
        created(client, CRONJOBS, cronjob("a"))
        spoil(store)
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(CRONJOBS)
        assert client.get(CRONJOBS).status_code == 500, "now that it is known"


def test_watch_ends_by_default(serve: Callable[..., Running], store: SqlStore) -> None:
    """With an ERROR event, once all that came before it is told."""
    with serve().client() as client:
        start = created(client, CRONJOBS, cronjob("good"))["metadata"]["resourceVersion"]
        created(client, CRONJOBS, cronjob("more"))
        spoil(store)
        created(client, CRONJOBS, cronjob("zlater"))
        for query, before in (
            ({"resourceVersion": start}, ["more"]),
            ({"resourceVersion": start, "labelSelector": "app!=y"}, ["more"]),
            ({}, []),
        ):
            *told, last = events(client, CRONJOBS, **query)
            assert [each["object"]["metadata"]["name"] for each in told] == before
            assert last["type"] == "ERROR"
            status = last["object"]
            assert (status["code"], status["reason"]) == (500, "InternalError")
            assert status["details"]["name"] == "bad"
        assert short(events(client, CRONJOBS, labelSelector="app!=x")) == [
            ("ADDED", "good"),
            ("ADDED", "more"),
            ("ADDED", "zlater"),
        ]


def test_selectors_see_its_labels(client: httpx.Client, store: SqlStore) -> None:
    spoil(store)
    assert warnings(client.get(CRONJOBS, params={"labelSelector": "app=x"}))
    assert not warnings(client.get(CRONJOBS, params={"labelSelector": "app=y"}))
    assert warnings(client.get(CRONJOBS, params={"fieldSelector": "metadata.name=bad"}))


def test_metric_counts_them(client: httpx.Client, store: SqlStore) -> None:
    line = 'kconv_undecodable_objects{group="batch",resource="cronjobs"}'

    def metric() -> str:
        lines = client.get("/metrics").text.splitlines()
        return "".join(each.removeprefix(line) for each in lines if each.startswith(line))

    assert metric() == ""
    spoil(store)
    spoil(store, name="other")
    client.get(CRONJOBS)
    client.get(CRONJOBS)
    assert metric() == " 2.0"
    client.delete(BAD)
    assert metric() == " 1.0"
    key = Key("batch", "cronjobs", "default", "other")
    row = store.get(key)
    store.delete(key, expected=row.resource_version, api_version="batch/v1", data=row.data)
    client.get(CRONJOBS)
    assert metric() == ""


def test_watch_goes_on(
    client: httpx.Client, store: SqlStore, caplog: pytest.LogCaptureFixture
) -> None:
    start = created(client, CRONJOBS, cronjob("good"))["metadata"]["resourceVersion"]
    with caplog.at_level(logging.ERROR, "kconv._verbs.objects"):
        spoil(store)
        created(client, CRONJOBS, cronjob("later"))
        for _ in range(2):
            found = events(client, CRONJOBS, resourceVersion=start)
            assert short(found) == [("ADDED", "later")]
        assert short(events(client, CRONJOBS)) == [("ADDED", "good"), ("ADDED", "later")]
    said = [record for record in caplog.records if "default/bad" in record.getMessage()]
    assert len(said) == 1
    client.delete(BAD)
    for path in (CRONJOBS, BETA):
        last = events(client, path, resourceVersion=start)[-1]
        assert (last["type"], last["object"]["metadata"]["name"]) == ("DELETED", "bad")
        assert last["object"]["metadata"]["labels"] == {"app": "x"}
    selected = events(client, CRONJOBS, resourceVersion=start, labelSelector="app=x")
    assert short(selected) == [("DELETED", "bad")]


@pytest.mark.parametrize("data", [BROKEN, b"", b"[]", {"metadata": {"labels": 7}}])
@pytest.mark.parametrize("path", [BAD, f"{BETA}/bad"])
def test_put_replaces_it(client: httpx.Client, store: SqlStore, data: Any, path: str) -> None:
    stored = spoil(store, data)
    stale = client.put(path, json=cronjob("bad", resourceVersion="1"))
    assert (stale.status_code, stale.json()["reason"]) == (409, "Conflict")
    other = client.put(path, json=cronjob("bad", uid="other"))
    assert other.status_code == 409
    dry = client.put(f"{path}?dryRun=All", json=cronjob("bad"))
    assert dry.status_code == 200
    version = str(stored.resource_version)
    response = client.put(path, json=cronjob("bad", resourceVersion=version))
    assert response.status_code == 200, response.text
    found = client.get(path).json()
    assert found == response.json()
    assert found["metadata"]["uid"] == "uid-bad"
    assert found["spec"]["schedule"] == "*/5 * * * *"
    if data is BROKEN:
        assert found["metadata"]["creationTimestamp"] == METADATA["creationTimestamp"]
        assert found["metadata"]["generation"] == 5
        assert found["status"] == BROKEN["status"]
    else:
        assert found["status"] == {}
    assert not [each for each in warnings(client.get(CRONJOBS)) if "deprecated" not in each]


def test_put_without_version_and_what_is_invalid(client: httpx.Client, store: SqlStore) -> None:
    spoil(store)
    refused = client.put(BAD, json=cronjob("bad", schedule="never"))
    assert (refused.status_code, refused.json()["reason"]) == (422, "Invalid")
    raw = client.get(BAD).json()
    assert client.put(BAD, json=raw).status_code == 400
    raw["spec"] = cronjob("bad")["spec"]
    assert client.put(BAD, json=raw).status_code == 200
    assert client.put(BAD, json=cronjob("bad", schedule="1 * * * *")).status_code == 200


@pytest.mark.parametrize(
    "data", [BROKEN, b"", b'{"metadata": {"finalizers": ["a.com/b"]}, "spec": 1}']
)
@pytest.mark.parametrize("path", [BAD, f"{BETA}/bad"])
def test_delete_removes_it(client: httpx.Client, store: SqlStore, data: Any, path: str) -> None:
    stored = spoil(store, data)
    wrong = {"preconditions": {"uid": "other"}}
    assert client.request("DELETE", path, json=wrong).status_code == 409
    assert client.delete(f"{path}?dryRun=All").status_code == 200
    right = {"preconditions": {"uid": "uid-bad", "resourceVersion": str(stored.resource_version)}}
    response = client.request("DELETE", path, json=right)
    assert response.status_code == 200
    assert response.json()["status"] == "Success"
    assert any("cannot be read" in each for each in warnings(response))
    assert client.get(path).status_code == 404
    (change,) = store.changes(stored.resource_version, group="batch", resource="cronjobs")
    assert change.type == "DELETED"


def test_delete_collection_takes_it_too(client: httpx.Client, store: SqlStore) -> None:
    created(client, CRONJOBS, cronjob("good"))
    spoil(store)
    response = client.delete(CRONJOBS)
    assert response.status_code == 200
    assert len(warnings(response)) == 1
    assert store.list("batch", "cronjobs").items == []


def test_unreadable_namespace(client: httpx.Client, store: SqlStore) -> None:
    data = {"metadata": {"name": "odd"}, "spec": {"finalizers": "x"}}
    key = Key("", "namespaces", "", "odd")
    store.create(key, uid="uid-odd", api_version="v1", data=json.dumps(data).encode())
    path = CONFIGMAPS.replace("default", "odd")
    created(client, path, configmap("one"))
    assert client.put("/api/v1/namespaces/odd", json={"metadata": {"name": "odd"}}).is_success
    found = client.get("/api/v1/namespaces/odd").json()
    assert (found["spec"], found["status"]) == ({"finalizers": ["kubernetes"]}, {"phase": "Active"})
    row = store.get(key)
    store.update(
        key, expected=row.resource_version, api_version="v1", data=json.dumps(data).encode()
    )
    assert client.delete("/api/v1/namespaces/odd").is_success
    _gone(client, "/api/v1/namespaces/odd")
    assert client.get(f"{path}/one").status_code == 404


def test_namespace_goes_with_it(client: httpx.Client, running: Running, store: SqlStore) -> None:
    created(client, "/api/v1/namespaces", {"metadata": {"name": "demo"}})
    key = Key("batch", "cronjobs", "demo", "bad")
    store.create(key, uid="uid", api_version="batch/v1", data=json.dumps(BROKEN).encode())
    client.delete("/api/v1/namespaces/demo")
    _gone(client, "/api/v1/namespaces/demo")
    assert store.list("batch", "cronjobs").items == []


def _gone(client: httpx.Client, path: str) -> None:
    eventually(partial(is_gone, client, path))


def test_no_more_are_remembered_than_is_bearable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kconv._verbs.undecodable_registry._MOST_KNOWN", 3)
    known = UndecodableRegistry()
    for number in range(5):
        known.note(Stored(Key("g", "r", "n", str(number)), "", "g/v1", 1, b""))
    assert known.counts() == {("g", "r"): 3}


def test_rule_that_fails_is_told(
    client: httpx.Client, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    created(client, CRONJOBS, cronjob("odd"))

    def fail(*_: Any) -> Any:
        raise ZeroDivisionError("by a rule")

    running.server._server.memory.forget()
    monkeypatch.setattr(running.server._server.objects.pipeline, "to_hub", fail)
    response = client.get(f"{BETA}/odd")
    assert response.status_code == 500
    assert "ZeroDivisionError('by a rule')" in response.json()["message"]
    assert client.get(f"{CRONJOBS}/odd").status_code == 200
    assert client.get(BETA).json()["items"] == []
