"""What the verbs do beyond the recorded exchanges."""

import threading
from typing import Any

import httpx
import pytest

from serve.conftest import BOTH
from serve.samples import (
    CONFIGMAPS,
    CRONJOBS,
    HPAS,
    JSON_PATCH,
    STRATEGIC,
    configmap,
    created,
    cronjob,
    patched,
)

pytestmark = BOTH


def refused(response: httpx.Response) -> tuple[int, str]:
    body = response.json()
    assert (body["kind"], body["status"]) == ("Status", "Failure")
    assert body["code"] == response.status_code
    return response.status_code, body.get("reason", "")


def test_body_over_the_limit(client: httpx.Client) -> None:
    large = {"metadata": {"name": "x"}, "data": {"a": "x" * (3 * 1024 * 1024)}}
    assert refused(client.post(CONFIGMAPS, json=large)) == (413, "RequestEntityTooLarge")


def test_nesting_made_to_explode(client: httpx.Client) -> None:
    deep = b'{"metadata":{"name":"x"},"data":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001
    response = client.post(CONFIGMAPS, content=deep, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 413)
    bomb = "a: &a [x,x]\n" + "".join(
        f"{chr(98 + at)}: &{chr(98 + at)} [*{chr(97 + at)},*{chr(97 + at)}]\n" for at in range(24)
    )
    response = client.post(
        CONFIGMAPS, content=bomb.encode(), headers={"Content-Type": "application/yaml"}
    )
    assert response.status_code in (400, 413)


def test_yaml_in_and_out(client: httpx.Client) -> None:
    text = "metadata: {name: yaml}\ndata: {a: 'true'}\n"
    headers = {"Content-Type": "application/yaml", "Accept": "application/yaml"}
    response = client.post(CONFIGMAPS, content=text.encode(), headers=headers)
    assert response.status_code == 201
    assert response.headers["content-type"] == "application/yaml"
    assert "a: 'true'" in response.text or 'a: "true"' in response.text


@pytest.mark.parametrize(
    ("metadata", "field", "reason"),
    [
        ({"name": "Upper"}, "metadata.name", "FieldValueInvalid"),
        ({"name": "x", "labels": {"a b": "c"}}, "metadata.labels", "FieldValueInvalid"),
        ({"name": "x", "labels": {"a": "c d"}}, "metadata.labels", "FieldValueInvalid"),
        ({"name": "x", "annotations": {"": "c"}}, "metadata.annotations", "FieldValueInvalid"),
        (
            {"name": "x", "annotations": {"a": "c" * 300_000}},
            "metadata.annotations",
            "FieldValueTooLong",
        ),
        ({"name": "x", "finalizers": ["x.y/a b"]}, "metadata.finalizers", "FieldValueInvalid"),
        ({"name": "x", "finalizers": ["a"]}, "metadata.finalizers[0]", "FieldValueInvalid"),
    ],
)
def test_bad_metadata(
    client: httpx.Client, metadata: dict[str, Any], field: str, reason: str
) -> None:
    response = client.post(CONFIGMAPS, json={"metadata": metadata})
    assert refused(response) == (422, "Invalid")
    causes = response.json()["details"]["causes"]
    assert {(each["field"], each["reason"]) for each in causes} == {(field, reason)}


def test_metadata_and_fields_are_reported_at_once(client: httpx.Client) -> None:
    body = cronjob("Bad_Name", schedule="never")
    response = client.post(CRONJOBS, json=body)
    fields = [each["field"] for each in response.json()["details"]["causes"]]
    assert fields == ["metadata.name", "spec.schedule"]


def test_wrong_types_at_depth_name_every_field(client: httpx.Client) -> None:
    body = cronjob("x")
    body["spec"]["suspend"] = "no"
    body["spec"]["jobTemplate"]["spec"]["parallelism"] = "1"
    response = client.post(CRONJOBS, json=body)
    assert refused(response) == (400, "BadRequest")
    assert "spec.suspend" in response.json()["message"]
    assert "spec.jobTemplate.spec.parallelism" in response.json()["message"]


def test_refused_writes_change_nothing(client: httpx.Client) -> None:
    before = created(client, CRONJOBS, cronjob("x"))
    patched(client, f"{CRONJOBS}/x", {"spec": {"schedule": "never"}})
    patched(client, f"{CRONJOBS}/x", [{"op": "test", "path": "/kind", "value": "x"}], JSON_PATCH)
    client.put(f"{CRONJOBS}/x", json={**before, "metadata": {"name": "x", "uid": "other"}})
    assert client.get(f"{CRONJOBS}/x").json() == before


def test_put_of_another_uid(client: httpx.Client) -> None:
    made = created(client, CONFIGMAPS, configmap("x"))
    made["metadata"]["uid"] = "00000000-0000-0000-0000-000000000000"
    assert refused(client.put(f"{CONFIGMAPS}/x", json=made)) == (409, "Conflict")


def test_put_without_version_replaces(client: httpx.Client) -> None:
    created(client, CONFIGMAPS, configmap("x"))
    response = client.put(f"{CONFIGMAPS}/x", json={"metadata": {"name": "x"}, "data": {"z": "1"}})
    assert response.status_code == 200
    assert response.json()["data"] == {"z": "1"}


def test_write_that_changes_nothing_keeps_the_version(client: httpx.Client) -> None:
    made = created(client, CRONJOBS, cronjob("x"))
    again = client.put(f"{CRONJOBS}/x", json=made)
    assert again.json() == made
    same = patched(client, f"{CRONJOBS}/x", {"spec": {"suspend": False}}, STRATEGIC)
    assert same.json()["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_generation_counts_changes_of_spec(client: httpx.Client) -> None:
    made = created(client, CRONJOBS, cronjob("x"))
    assert made["metadata"]["generation"] == 1
    labelled = patched(client, f"{CRONJOBS}/x", {"metadata": {"labels": {"a": "b"}}}).json()
    assert labelled["metadata"]["generation"] == 1
    suspended = patched(client, f"{CRONJOBS}/x", {"spec": {"suspend": True}}).json()
    assert suspended["metadata"]["generation"] == 2
    time = "2026-01-02T03:04:05Z"
    status = patched(client, f"{CRONJOBS}/x/status", {"status": {"lastScheduleTime": time}}).json()
    assert status["metadata"]["generation"] == 2
    assert status["status"]["lastScheduleTime"] == time


def test_status_subresource_leaves_spec(client: httpx.Client) -> None:
    created(client, CRONJOBS, cronjob("x"))
    change = {"spec": {"suspend": True}, "status": {"lastScheduleTime": "2026-01-02T03:04:05Z"}}
    found = patched(client, f"{CRONJOBS}/x/status", change).json()
    assert found["spec"]["suspend"] is False
    assert found["status"] == {"lastScheduleTime": "2026-01-02T03:04:05Z"}
    assert client.get(f"{CRONJOBS}/x/status").json() == found


def test_status_is_not_for_creators(client: httpx.Client) -> None:
    body = {**cronjob("x"), "status": {"lastScheduleTime": "2026-01-02T03:04:05Z"}}
    assert created(client, CRONJOBS, body)["status"] == {}


def test_pages(client: httpx.Client) -> None:
    for number in range(7):
        created(client, CONFIGMAPS, configmap(f"cm{number}", labels={"even": str(number % 2 == 0)}))
    for params, expected in (
        ({"limit": "3"}, [3, 3, 1]),
        ({"limit": "2", "labelSelector": "even=True"}, [2, 2]),
        ({"limit": "7"}, [7]),
    ):
        pages, token, versions = [], "", set()
        while True:
            query = {**params, **({"continue": token} if token else {})}
            page = client.get(CONFIGMAPS, params=query).json()
            pages.append([each["metadata"]["name"] for each in page["items"]])
            versions.add(page["metadata"]["resourceVersion"])
            token = page["metadata"].get("continue", "")
            if not token:
                break
        assert [len(page) for page in pages] == expected
        assert len(versions) == 1
        names = [name for page in pages for name in page]
        assert names == sorted(set(names))
    first = client.get(CONFIGMAPS, params={"limit": "3"}).json()
    assert first["metadata"]["remainingItemCount"] == 4


def test_pages_over_all_namespaces(client: httpx.Client) -> None:
    created(client, "/api/v1/namespaces", {"metadata": {"name": "other"}})
    for path in (CONFIGMAPS, CONFIGMAPS.replace("default", "other")):
        created(client, path, configmap("same"))
    first = client.get("/api/v1/configmaps", params={"limit": "1"}).json()
    token = first["metadata"]["continue"]
    second = client.get("/api/v1/configmaps", params={"limit": "1", "continue": token}).json()
    found = [page["items"][0]["metadata"]["namespace"] for page in (first, second)]
    assert found == ["default", "other"]
    assert "continue" not in second["metadata"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"limit": "abc"}, (400, "BadRequest")),
        ({"fieldSelector": "spec.nope=1"}, (400, "BadRequest")),
        ({"resourceVersionMatch": "Exact"}, (422, "Invalid")),
        ({"resourceVersion": "1", "resourceVersionMatch": "Nope"}, (422, "Invalid")),
        ({"resourceVersion": "999999"}, (504, "Timeout")),
        ({"continue": "e30"}, (400, "BadRequest")),
        ({"watch": "1", "sendInitialEvents": "true"}, (422, "Invalid")),
    ],
)
def test_bad_list(client: httpx.Client, params: dict[str, str], expected: tuple[int, str]) -> None:
    assert refused(client.get(CONFIGMAPS, params=params)) == expected


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("OPTIONS", CONFIGMAPS, (405, "MethodNotAllowed")),
        ("PUT", CONFIGMAPS, (405, "MethodNotAllowed")),
        ("POST", "/api/v1/configmaps", (405, "MethodNotAllowed")),
        ("POST", "/apis", (405, "MethodNotAllowed")),
        ("DELETE", f"{CRONJOBS}/x/status", (405, "MethodNotAllowed")),
        ("GET", "/apis/batch/v9", (404, "NotFound")),
        ("GET", "/apis/batch/v9/cronjobs", (404, "NotFound")),
        ("GET", "/api/v1/namespaces/default/nopes", (404, "NotFound")),
        ("GET", f"{CONFIGMAPS}/x/status", (404, "NotFound")),
        ("GET", "/api/v1/configmaps/x", (404, "NotFound")),
        ("GET", "/openapi/v3/apis/nope/v1", (404, "NotFound")),
    ],
)
def test_refused_paths(
    client: httpx.Client, method: str, path: str, expected: tuple[int, str]
) -> None:
    assert refused(client.request(method, path)) == expected


def test_paths_of_no_api(client: httpx.Client) -> None:
    """What belongs to no group is answered in plain text, as by Kubernetes."""
    for path in ("/nope", "/apis/nope", "/apis/nope/v1/things", "/apis//batch/v1", "/api//v1/x"):
        response = client.get(path)
        assert (response.status_code, response.text) == (404, "404 page not found\n")
        assert response.headers["content-type"].startswith("text/plain")
    # No namespace is all of them.
    assert client.get("/api/v1/namespaces//configmaps").json()["kind"] == "ConfigMapList"


@pytest.mark.parametrize(
    "query", ["dryRun=Some", "fieldValidation=Loose", "fieldManager=" + "x" * 200]
)
def test_bad_write_options(client: httpx.Client, query: str) -> None:
    response = client.post(f"{CONFIGMAPS}?{query}", json=configmap("x"))
    assert refused(response) == (422, "Invalid")
    assert response.json()["details"]["kind"] == "CreateOptions"


def test_dry_run_of_every_write(client: httpx.Client) -> None:
    made = created(client, CONFIGMAPS, configmap("x", finalizers=["example.com/hold"]))
    path = f"{CONFIGMAPS}/x"
    changed = {**made, "data": {"z": "1"}}
    assert client.put(f"{path}?dryRun=All", json=changed).json()["data"] == {"z": "1"}
    assert patched(client, f"{path}?dryRun=All", {"data": {"z": "1"}}).status_code == 200
    assert client.delete(f"{path}?dryRun=All").json()["metadata"]["deletionTimestamp"]
    assert client.delete(f"{CONFIGMAPS}?dryRun=All").status_code == 200
    assert client.get(path).json() == made
    again = client.post(f"{CONFIGMAPS}?dryRun=All", json=configmap("x"))
    assert refused(again) == (409, "AlreadyExists")


def test_delete_options(client: httpx.Client) -> None:
    made = created(client, CONFIGMAPS, configmap("x"))
    path = f"{CONFIGMAPS}/x"
    for body, expected in (
        ({"propagationPolicy": "Sideways"}, (422, "Invalid")),
        ({"propagationPolicy": "Orphan", "orphanDependents": True}, (422, "Invalid")),
        ({"kind": "Pod"}, (400, "BadRequest")),
        ({"preconditions": {"resourceVersion": "1"}}, (409, "Conflict")),
        ({"preconditions": ["x"]}, (400, "BadRequest")),
        ([], (400, "BadRequest")),
    ):
        assert refused(client.request("DELETE", path, json=body)) == expected
    deleted = client.request(
        "DELETE", path, json={"preconditions": {"uid": made["metadata"]["uid"]}}
    ).json()
    assert deleted["status"] == "Success"
    assert deleted["details"]["uid"] == made["metadata"]["uid"]


def test_no_finalizer_is_added_to_what_goes(client: httpx.Client) -> None:
    created(client, CONFIGMAPS, configmap("x", finalizers=["example.com/hold"]))
    path = f"{CONFIGMAPS}/x"
    client.delete(path)
    more = patched(client, path, {"metadata": {"finalizers": ["example.com/hold", "b.com/c"]}})
    assert refused(more) == (422, "Invalid")
    kept = patched(client, path, {"data": {"z": "1"}})
    assert kept.json()["metadata"]["deletionTimestamp"]


def test_versions_share_one_object(client: httpx.Client) -> None:
    made = created(client, CRONJOBS.replace("/v1/", "/v1beta1/"), cronjob("x"))
    alpha = CRONJOBS.replace("/v1/", "/v2alpha1/")
    for path in (CRONJOBS, alpha, alpha.replace("cronjobs", "scheduledjobs")):
        found = client.get(f"{path}/x").json()
        assert found["metadata"] == made["metadata"]
    assert refused(client.post(CRONJOBS, json=cronjob("x"))) == (409, "AlreadyExists")
    renamed = alpha.replace("cronjobs", "scheduledjobs")
    missing = client.get(f"{renamed}/nope").json()
    assert missing["details"]["kind"] == "scheduledjobs"


def test_autoscaler_in_both_versions(client: httpx.Client) -> None:
    body = {
        "metadata": {"name": "x"},
        "spec": {
            "maxReplicas": 3,
            "targetCPUUtilizationPercentage": 70,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        },
    }
    created(client, HPAS, body)
    newer = client.get(f"{HPAS.replace('/v1/', '/v2/')}/x").json()
    assert newer["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 70
    assert "annotations" not in newer["metadata"]


def test_concurrent_patches_all_count(client: httpx.Client, running: Any) -> None:
    created(client, CONFIGMAPS, configmap("x"))

    def add(number: int) -> None:
        with running.client() as own:
            assert patched(own, f"{CONFIGMAPS}/x", {"data": {f"k{number}": "1"}}).is_success

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(client.get(f"{CONFIGMAPS}/x").json()["data"]) == 7


@pytest.mark.parametrize(
    ("version", "code"),
    [("", 200), ("0", 200), ("1", 200), ("foo", 400), ("-1", 400), (str(2**60), 504)],
)
def test_version_that_a_get_insists_on(client: httpx.Client, version: str, code: int) -> None:
    created(client, CONFIGMAPS, configmap("a"))
    response = client.get(f"{CONFIGMAPS}/a", params={"resourceVersion": version})
    assert response.status_code == code


def test_resource_version_zero_insists_on_nothing(client: httpx.Client) -> None:
    made = created(client, CONFIGMAPS, configmap("zero"))
    for version, code in (("0", 200), ("1", 409)):
        made["metadata"]["resourceVersion"] = version
        made["data"] = {"a": version}
        assert client.put(f"{CONFIGMAPS}/zero", json=made).status_code == code
    assert client.get(f"{CONFIGMAPS}/zero").json()["data"] == {"a": "0"}


def test_a_rehearsed_create_may_name_a_version(client: httpx.Client) -> None:
    other = configmap("rehearsed", resourceVersion="1")
    assert client.post(f"{CONFIGMAPS}?dryRun=All", json=other).status_code == 201
    assert client.post(CONFIGMAPS, json=other).status_code == 500
