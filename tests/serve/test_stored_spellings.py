"""What was stored when the decoder took more stays readable, and is written as today."""

import json
from typing import Any

import httpx
import pytest

from kconv._store import Key, SqlStore
from serve.samples import CRONJOBS, created, cronjob

BETA = CRONJOBS.replace("/v1/", "/v1beta1/")
OLD: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    **cronjob("old"),
    "metadata": {
        "name": "old",
        "namespace": "default",
        "uid": "uid-old",
        "creationTimestamp": "2020-01-02T03:04:05Z",
    },
}
OLD["spec"] = {**OLD["spec"], "successfulJobsHistoryLimit": 5.0, "startingDeadlineSeconds": 1e3}


@pytest.fixture
def old(client: httpx.Client, store: SqlStore) -> None:
    key = Key("batch", "cronjobs", "default", "old")
    store.create(key, uid="uid-old", api_version="batch/v1", data=json.dumps(OLD).encode())


@pytest.mark.usefixtures("old")
@pytest.mark.parametrize("path", [CRONJOBS, BETA])
def test_it_is_read(client: httpx.Client, path: str) -> None:
    response = client.get(f"{path}/old")
    assert "cannot be read" not in response.headers.get("warning", "")
    (listed,) = client.get(path).json()["items"]
    for found in (response.json(), listed):
        assert type(found["spec"]["successfulJobsHistoryLimit"]) is int
        assert found["spec"]["successfulJobsHistoryLimit"] == 5
        assert found["spec"]["startingDeadlineSeconds"] == 1000


@pytest.mark.usefixtures("old")
def test_it_is_written_as_an_integer(client: httpx.Client, store: SqlStore) -> None:
    found = client.get(f"{CRONJOBS}/old").json()
    found["spec"]["suspend"] = True
    assert client.put(f"{CRONJOBS}/old", json=found).status_code == 200
    row = store.get(Key("batch", "cronjobs", "default", "old"))
    assert b'"successfulJobsHistoryLimit":5,' in row.data


def test_it_is_not_taken_from_a_client(client: httpx.Client) -> None:
    created(client, CRONJOBS, cronjob("new"))
    for name, verb, path in (("newer", "POST", CRONJOBS), ("new", "PUT", f"{CRONJOBS}/new")):
        body = cronjob(name)
        body["spec"]["successfulJobsHistoryLimit"] = 5.0
        response = client.request(verb, path, json=body)
        assert response.status_code == 400
        assert "successfulJobsHistoryLimit" in response.json()["message"]
