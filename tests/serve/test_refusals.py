"""Requests that must be refused: with every reason, and without having done anything."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from kconv._store import SqlStore, Stored, Write
from kconv._verbs import retrying
from serve.conftest import BOTH, Running
from serve.samples import (
    CONFIGMAPS,
    CRONJOBS,
    JSON_PATCH,
    STRATEGIC,
    configmap,
    created,
    cronjob,
    patched,
)

HUGE = "9" * 5000


def test_rule_of_a_group_about_names(client: httpx.Client) -> None:
    response = client.post(CRONJOBS, json=cronjob("x" * 60))
    assert response.status_code == 422
    (cause,) = response.json()["details"]["causes"]
    assert cause["field"] == "metadata.name"
    assert cause["message"].endswith("must be no more than 52 characters")


def test_same_finding_is_told_once(client: httpx.Client) -> None:
    causes = client.post("/api/v1/namespaces", json={"metadata": {"name": "a.b"}}).json()
    assert len(causes["details"]["causes"]) == 1


@pytest.mark.parametrize("collection", [False, True])
@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("gracePeriodSeconds=x", None, 400),
        (f"gracePeriodSeconds={HUGE}", None, 400),
        ("gracePeriodSeconds=-5", None, 422),
        ("propagationPolicy=Never", None, 422),
        ("propagationPolicy=Orphan", {"propagationPolicy": "Never"}, 422),
        ("dryRun=", None, 422),
        ("dryRun=All&dryRun=Some", None, 422),
        ("", {"gracePeriodSeconds": "x"}, 400),
        ("", {"gracePeriodSeconds": True}, 400),
        ("", {"gracePeriodSeconds": -5}, 422),
        ("", {"propagationPolicy": "Never"}, 422),
        ("", {"propagationPolicy": ["Orphan"]}, 400),
        ("", {"preconditions": {"uid": 1}}, 400),
        ("", {"preconditions": []}, 400),
        ("", {"dryRun": "All"}, 400),
        ("", {"dryRun": [{}]}, 400),
        ("", {"dryRun": ["Some"]}, 422),
        ("", {"kind": {}}, 400),
    ],
)
def test_bad_delete_options(
    client: httpx.Client, query: str, body: Any, code: int, collection: bool
) -> None:
    created(client, CONFIGMAPS, configmap("x"))
    path = CONFIGMAPS if collection else f"{CONFIGMAPS}/x"
    response = client.request("DELETE", f"{path}?{query}", json=body)
    assert response.status_code == code, response.text
    assert "unexpected" not in response.json()["message"]
    assert client.get(f"{CONFIGMAPS}/x").status_code == 200


def test_good_delete_options(client: httpx.Client) -> None:
    created(client, CONFIGMAPS, configmap("x"))
    options = {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "gracePeriodSeconds": 0,
        "propagationPolicy": "Background",
        "dryRun": ["All"],
    }
    path = f"{CONFIGMAPS}/x"
    assert client.request("DELETE", f"{path}?dryRun=All", json=options).status_code == 200
    assert client.get(path).status_code == 200
    assert client.delete(f"{path}?gracePeriodSeconds=%2B5").status_code == 200
    assert client.get(path).status_code == 404


def test_default_namespace_stays(client: httpx.Client) -> None:
    response = client.delete("/api/v1/namespaces/default")
    assert response.status_code == 403
    status = response.json()
    assert (status["reason"], status["message"]) == (
        "Forbidden",
        'namespaces "default" is forbidden: this namespace may not be deleted',
    )
    assert client.get("/api/v1/namespaces/default").json()["status"]["phase"] == "Active"


@pytest.mark.parametrize("name", ["limit", "timeoutSeconds", "resourceVersion"])
@pytest.mark.parametrize("text", [HUGE, f"-{HUGE}", "²", "9" * 21])
def test_numbers_out_of_range(client: httpx.Client, name: str, text: str) -> None:
    response = client.get(CONFIGMAPS, params={name: text})
    assert response.status_code == 400, response.text
    assert "strconv.Parse" in response.json()["message"]
    assert len(response.content) < 1000


def test_zeros_in_front_are_no_digits(client: httpx.Client) -> None:
    params = {"limit": "0" * 5000 + "5", "resourceVersion": "0" * 5000}
    assert client.get(CONFIGMAPS, params=params).status_code == 200


@pytest.mark.parametrize("query", ["dryRun=", "dryRun=Some", "dryRun=All&dryRun=Some"])
def test_bad_dry_run(client: httpx.Client, query: str) -> None:
    response = client.post(f"{CONFIGMAPS}?{query}", json=configmap("x"))
    assert (response.status_code, response.json()["reason"]) == (422, "Invalid")
    assert client.get(f"{CONFIGMAPS}/x").status_code == 404
    assert client.post(f"{CONFIGMAPS}?dryRun=All&dryRun=All", json=configmap("x")).is_success
    assert client.get(f"{CONFIGMAPS}/x").status_code == 404


@BOTH
def test_patches_of_one_object_all_succeed(
    serve: Callable[..., Running], client: httpx.Client
) -> None:
    created(client, CONFIGMAPS, configmap("x"))
    other = serve()
    codes: list[int] = []

    def write(server: str, writer: int) -> None:
        with httpx.Client(base_url=server, trust_env=False, timeout=60) as own:
            for number in range(20):
                body = {"data": {f"{writer}-{number}": "x"}}
                codes.append(patched(own, f"{CONFIGMAPS}/x", body).status_code)

    threads = [
        threading.Thread(target=write, args=(server, writer))
        for writer, server in enumerate([str(client.base_url), other.url] * 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * 160
    assert len(client.get(f"{CONFIGMAPS}/x").json()["data"]) == 161


def test_lost_races_end_in_time(
    client: httpx.Client, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = created(client, CONFIGMAPS, configmap("x"))
    submit, tries = store.submit, []

    def lose(write: Write) -> asyncio.Future[Stored]:
        tries.append(write.key)
        return submit(msgspec.structs.replace(write, expected=1))

    monkeypatch.setattr(store, "submit", lose)
    monkeypatch.setattr(retrying, "RETRY_SECONDS", 0.2)
    version = {"resourceVersion": made["metadata"]["resourceVersion"]}
    # One that insists on a state loses to a migration, too, which leaves the state what it was.
    for metadata in ({}, version):
        tries.clear()
        body = {"metadata": metadata, "data": {"a": "c"}}
        assert patched(client, f"{CONFIGMAPS}/x", body).status_code == 409
        assert len(tries) > 2


@pytest.mark.parametrize(
    ("method", "path", "body", "media_type"),
    [
        ("POST", CONFIGMAPS, "x" * 1_000_000, "application/json"),
        ("POST", CONFIGMAPS, configmap("x" * 1_000_000), "application/json"),
        ("POST", CONFIGMAPS, configmap("x", uid=["y" * 1_000_000]), "application/json"),
        ("POST", CONFIGMAPS, configmap("x", labels={"y" * 1_000_000: "!"}), "application/json"),
        (
            "POST",
            CONFIGMAPS,
            configmap("x", labels={f"-{n}": "!" for n in range(20_000)}),
            "application/json",
        ),
        ("POST", CONFIGMAPS, {**configmap("x"), "kind": "y" * 1_000_000}, "application/json"),
        ("POST", CONFIGMAPS, {**configmap("x"), "y" * 1_000_000: 1}, "application/json"),
        ("POST", CONFIGMAPS, configmap("x", namespace="y" * 1_000_000), "application/json"),
        ("PUT", f"{CONFIGMAPS}/x", configmap("y" * 1_000_000), "application/json"),
        (
            "PUT",
            f"{CONFIGMAPS}/x",
            configmap("x", resourceVersion="y" * 1_000_000),
            "application/json",
        ),
        ("PUT", f"{CONFIGMAPS}/x", configmap("x", uid="y" * 1_000_000), "application/json"),
        ("PATCH", f"{CONFIGMAPS}/x", {"$patch": "y" * 1_000_000}, STRATEGIC),
        ("PATCH", f"{CONFIGMAPS}/x", [{"op": "y" * 1_000_000, "path": ""}], JSON_PATCH),
        ("PATCH", f"{CONFIGMAPS}/x", [{"op": "remove", "path": "y" * 1_000_000}], JSON_PATCH),
        ("DELETE", f"{CONFIGMAPS}/x", {"kind": "y" * 1_000_000}, "application/json"),
        (
            "DELETE",
            f"{CONFIGMAPS}/x",
            {"preconditions": {"uid": "y" * 1_000_000}},
            "application/json",
        ),
    ],
)
def test_long_values_are_not_repeated(
    client: httpx.Client, method: str, path: str, body: Any, media_type: str
) -> None:
    created(client, CONFIGMAPS, configmap("x"))
    query = "?fieldValidation=Strict"
    headers = {"Content-Type": media_type}
    response = client.request(method, f"{path}{query}", json=body, headers=headers)
    assert 400 <= response.status_code < 500
    assert len(response.content) < 300_000
    message = response.json()["message"]
    assert len(message) < 20_000
    assert "y" * 5_000 not in message


def test_patches_are_quoted_as_json(client: httpx.Client) -> None:
    created(client, CRONJOBS, cronjob("x"))
    pod: dict[str, Any] = {"spec": {"containers": [{"image": "x"}]}}
    patch = {"spec": {"jobTemplate": {"spec": {"template": pod}}}}
    response = patched(client, f"{CRONJOBS}/x", patch, STRATEGIC)
    assert response.status_code == 400
    assert 'map: {"image":"x"} does not contain declared merge key' in response.json()["message"]
    response = patched(client, f"{CRONJOBS}/x", {"spec": {"$patch": True}}, STRATEGIC)
    assert response.json()["message"].endswith("unknown patch type found: true")


def test_another_uid_is_a_conflict(client: httpx.Client) -> None:
    made = created(client, CONFIGMAPS, configmap("x"))
    path, uid = f"{CONFIGMAPS}/x", "11111111-2222-3333-4444-555555555555"
    options = {"preconditions": {"uid": uid}}
    responses = [
        client.request("DELETE", path, json=options),
        client.put(path, json=configmap("x", uid=uid)),
        patched(client, path, {"metadata": {"uid": uid}}),
    ]
    for response in responses:
        assert (response.status_code, response.json()["reason"]) == (409, "Conflict")
        assert uid in response.json()["message"]
    assert client.get(path).json() == made
    options = {"preconditions": {"uid": made["metadata"]["uid"]}}
    assert client.request("DELETE", path, json=options).status_code == 200
