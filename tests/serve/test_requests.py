"""Who calls which version is counted, and callers of a deprecated one are told."""

import httpx
import pytest

from kconv._errors import CannotDecode, Unavailable
from kconv._gvk import GroupVersionResource
from kconv._serve import request_counts
from kconv._serve.request_counts import NO_AGENT, OTHERS, RequestCounts
from kconv._store import SqlStore
from serve.conftest import Running
from serve.samples import CONFIGMAPS, CRONJOBS, configmap, created, cronjob
from serve.test_namespaces import eventually

BETA = CRONJOBS.replace("/v1/", "/v1beta1/")
GVR = GroupVersionResource("batch", "v1beta1", "cronjobs")
WORDS = (
    '299 - "batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in v1.25+; '
    'use batch/v1 CronJob"'
)


def test_callers_of_a_deprecated_version_are_told(client: httpx.Client) -> None:
    assert client.post(BETA, json=cronjob("x")).headers["warning"] == WORDS
    for method, path in (
        ("GET", BETA),
        ("GET", f"{BETA}?watch=1&timeoutSeconds=1"),
        ("GET", f"{BETA}/x"),
        ("GET", f"{BETA}/nope"),
        ("POST", BETA),
        ("DELETE", f"{BETA}/x"),
    ):
        assert client.request(method, path).headers["warning"] == WORDS
    for path in (CRONJOBS, "/apis/batch/v1beta1", CONFIGMAPS):
        assert "warning" not in client.get(path).headers
    expected = (
        'kconv_requested_deprecated_apis{group="batch",removed_release="1.25",'
        'resource="cronjobs",subresource="",version="v1beta1"} 1.0'
    )
    assert expected in client.get("/metrics").text


def test_requests_are_counted_per_version_and_agent(
    client: httpx.Client, running: Running, store: SqlStore
) -> None:
    for agent, path, times in (
        ("kubectl/v1.20", BETA, 3),
        ("kubectl/v1.33", CRONJOBS, 2),
        ("x" * 5000, BETA, 1),
    ):
        for _ in range(times):
            client.get(path, headers={"User-Agent": agent})
    client.get(f"{BETA}/nope", headers={"User-Agent": "kubectl/v1.20"})
    client.get("/apis/batch/v1beta1/nopes", headers={"User-Agent": "kubectl/v1.20"})
    running.server._server.request_counts.flush()
    found = store.clients("batch", "v1beta1", since_days=1)
    assert [(each.resource, each.user_agent, each.requests) for each in found] == [
        ("cronjobs", "kubectl/v1.20", 4),
        ("cronjobs", "x" * 200, 1),
    ]
    (newer,) = store.clients("batch", "v1", since_days=1)
    assert (newer.user_agent, newer.requests) == ("kubectl/v1.33", 2)


def test_last_requests_are_stored_at_the_end(running: Running, store: SqlStore) -> None:
    with running.client() as client:
        created(client, CONFIGMAPS, configmap("x"))
    running.server.should_exit = True
    eventually(lambda: not store.servers(60))
    (counted,) = store.clients("", "v1", since_days=1)
    assert (counted.resource, counted.requests) == ("configmaps", 1)


def test_counts_outlive_a_locked_database(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = RequestCounts(store)
    counting.count(GVR, "one")

    def locked(*_: object) -> None:
        raise Unavailable("the database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(store, "count_requests", locked)
        with pytest.raises(Unavailable):
            counting.flush()
    counting.count(GVR, "one")
    counting.flush()
    counting.flush()
    (counted,) = store.clients("batch", "v1beta1", since_days=0)
    assert (counted.user_agent, counted.requests) == ("one", 2)


def test_made_up_agents_take_no_memory(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_counts, "MOST", 3)
    counting = RequestCounts(store)
    for number in range(10):
        counting.count(GVR, f"agent-{number}")
    counting.count(GVR, "")
    counting.count(GVR, "agent-0")
    counting.flush()
    found = {
        each.user_agent: each.requests for each in store.clients("batch", "v1beta1", since_days=0)
    }
    assert found == {"agent-0": 2, "agent-1": 1, "agent-2": 1, OTHERS: 8}
    counting.count(GVR, "")
    counting.flush()
    assert NO_AGENT in {each.user_agent for each in store.clients("batch", "v1beta1", since_days=0)}


def test_unfit_server_serves_nothing(client: httpx.Client, running: Running) -> None:
    assert client.get(CONFIGMAPS).status_code == 200
    running.server._server.unfit = CannotDecode("the database may hold batch/v3")
    response = client.get(CONFIGMAPS)
    assert (response.status_code, response.json()["reason"]) == (503, "ServiceUnavailable")
    running.server._server.unfit = None


def test_new_job_gets_its_selector_and_labels(client: httpx.Client) -> None:
    template = cronjob("x")["spec"]["jobTemplate"]["spec"]["template"]
    path = CRONJOBS.replace("cronjobs", "jobs")
    job = created(client, path, {"metadata": {"name": "x"}, "spec": {"template": template}})
    uid = job["metadata"]["uid"]
    assert job["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    assert job["spec"]["template"]["metadata"]["labels"] == {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "x",
        "controller-uid": uid,
        "job-name": "x",
    }
    assert client.get(f"{path}/x").json() == job
    changed = {**job, "metadata": {**job["metadata"], "labels": {"a": "b"}}}
    assert client.put(f"{path}/x", json=changed).status_code == 200
