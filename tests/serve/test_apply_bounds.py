"""Writes of a user's own kind: its status, its versions, and who owns its fields."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from kconv import Edge, Hub, Resource, Scheme, Type
from kconv._store import Key, SqlStore
from kconv.edges import Functions
from kconv.fields import Object, String
from serve.conftest import Running
from serve.samples import CONFIGMAPS, MERGE, configmap, created, patched

APPLY = "application/apply-patch+yaml"
GROUP = "bounds.example.com"
BOATS = f"/apis/{GROUP}/v1/namespaces/default/boats"
KEPT: dict[str, Any] = {
    "labels": {"a": "b"},
    "annotations": {"c": "d"},
    "finalizers": ["example.com/hold"],
}


class OldSpec(Type):
    colour = String()


class NewSpec(Type):
    paint = String()


class BoatStatus(Type):
    phase = String()


class OldBoat(Resource):
    class Meta:
        group = GROUP
        version = "v1alpha1"
        kind = "Boat"
        subresources = ("status",)

    spec = Object(OldSpec)
    status = Object(BoatStatus)


class Boat(Resource):
    class Meta:
        group = GROUP
        version = "v1"
        subresources = ("status",)

    spec = Object(NewSpec)
    status = Object(BoatStatus)


class BoatHub(Hub):
    class Meta:
        group = GROUP
        kind = "Boat"

    spec = Object(NewSpec)
    status = Object(BoatStatus)


def to_hub(spoke: dict[str, Any], hub: dict[str, Any]) -> None:
    hub["spec"]["paint"] = spoke["spec"]["colour"].upper()


def to_spoke(hub: dict[str, Any], spoke: dict[str, Any]) -> None:
    spoke["spec"]["colour"] = hub["spec"]["paint"].lower()


@pytest.fixture
def boats(serve: Callable[..., Running]) -> Iterator[httpx.Client]:
    scheme = Scheme()
    rule = Functions(spoke=["spec.colour"], hub=["spec.paint"], to_hub=to_hub, to_spoke=to_spoke)
    scheme.add(BoatHub, Edge(OldBoat, rule), Edge(Boat), storage=f"{GROUP}/v1")
    with serve(kinds=scheme.freeze()).client() as client:
        yield client


def boat(name: str = "a", **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "Boat",
        "metadata": {"name": name, **metadata},
        "spec": {"paint": "RED"},
    }


def entry(version: str = "v1", **others: Any) -> dict[str, Any]:
    return {
        "apiVersion": version,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:other": {}}},
        "manager": "x",
        "operation": "Update",
        "time": "2026-01-01T00:00:00Z",
        **others,
    }


def applied(client: httpx.Client, path: str, document: Any) -> httpx.Response:
    return client.patch(
        path,
        content=json.dumps(document),
        params={"fieldManager": "applier", "force": "true"},
        headers={"Content-Type": APPLY},
    )


@pytest.mark.parametrize("how", ["put", "merge", "apply"])
def test_writes_of_a_status_leave_metadata_as_it_is(boats: httpx.Client, how: str) -> None:
    made = created(boats, BOATS, boat(**KEPT))
    other: dict[str, Any] = {
        "labels": {"x": "y"},
        "annotations": {"z": "z"},
        "finalizers": ["example.com/other"],
    }
    path, status = f"{BOATS}/a/status", {"phase": "Afloat"}
    if how == "put":
        response = boats.put(path, json={**boat(), "status": status})
    elif how == "merge":
        nothing = {**other, "labels": {"a": None, "x": "y"}}
        response = patched(boats, path, {"metadata": nothing, "status": status}, MERGE)
    else:
        document = {**boat(**other), "status": status}
        del document["spec"]
        response = applied(boats, path, document)
    assert response.status_code == 200, response.text
    found = response.json()
    assert found["status"] == status
    assert {name: found["metadata"][name] for name in KEPT} == KEPT
    assert found["metadata"]["generation"] == made["metadata"]["generation"]
    assert found["metadata"]["resourceVersion"] != made["metadata"]["resourceVersion"]


def test_a_rule_that_does_not_cope_leaves_fields_to_the_creator(boats: httpx.Client) -> None:
    given = [entry(f"{GROUP}/v1alpha1", fieldsV1={"f:spec": {"f:colour": {}}})]
    response = boats.post(BOATS, json=boat(managedFields=given), params={"fieldManager": "creator"})
    assert response.status_code == 201, response.text
    entries = response.json()["metadata"]["managedFields"]
    assert [each["manager"] for each in entries] == ["creator"]
    assert "f:paint" in entries[0]["fieldsV1"]["f:spec"]


def test_what_replaces_an_unreadable_object_is_its_writers(
    boats: httpx.Client, store: SqlStore
) -> None:
    broken = json.dumps({**boat("bad", namespace="default"), "spec": {"paint": 5}}).encode()
    key = Key(GROUP, "boats", "default", "bad")
    store.create(key, uid="uid-bad", api_version=f"{GROUP}/v1", data=broken)
    given = [entry(f"{GROUP}/v1alpha1", fieldsV1={"f:spec": {"f:colour": {}}})]
    wanted = boat("bad", managedFields=given)
    response = boats.put(f"{BOATS}/bad", json=wanted, params={"fieldManager": "writer"})
    assert response.status_code == 200, response.text
    entries = response.json()["metadata"]["managedFields"]
    assert [each["manager"] for each in entries] == ["writer"]


@pytest.mark.parametrize(
    "step", ['k:{"a\\"b":1}', "v:" + "[" * 100_000, "v:" + "[" * 900 + "]" * 900, "v:1e400"]
)
def test_steps_that_make_no_sense(client: httpx.Client, step: str) -> None:
    given = [entry(fieldsV1={"f:x": {}, step: {}})]
    made = created(client, CONFIGMAPS, configmap("x", managedFields=given))
    again = client.put(f"{CONFIGMAPS}/x", json={**made, "data": {"a": "c"}})
    assert again.status_code == 200, again.text
    assert client.get(f"{CONFIGMAPS}/x").json() == again.json()


def test_version_zero_insists_on_nothing(client: httpx.Client) -> None:
    made = created(client, CONFIGMAPS, configmap("x", resourceVersion="0"))
    assert made["metadata"]["resourceVersion"] not in ("", "0")
    assert client.get(f"{CONFIGMAPS}/x").json() == made
    assert client.post(CONFIGMAPS, json=configmap("y", resourceVersion="7")).status_code == 500
    zero = {"metadata": {"resourceVersion": "0"}, "data": {"a": "c"}}
    response = patched(client, f"{CONFIGMAPS}/x", zero)
    assert response.status_code == 200, response.text
    document = {"apiVersion": "v1", "kind": "ConfigMap", **configmap("x", resourceVersion="0")}
    response = applied(client, f"{CONFIGMAPS}/x", document)
    assert response.status_code == 200, response.text
    assert response.json()["metadata"]["resourceVersion"] not in ("", "0")


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"manager": "x" * 129}, "manager", "FieldValueTooLong"),
    ({"manager": "a\u0007"}, "manager", "FieldValueInvalid"),
    ({"subresource": "x" * 257}, "subresource", "FieldValueTooLong"),
]


@pytest.mark.parametrize(("wrong", "name", "reason"), WRONG)
def test_entries_are_judged(
    client: httpx.Client, wrong: dict[str, Any], name: str, reason: str
) -> None:
    given = [entry(**wrong)]
    first = client.post(CONFIGMAPS, json=configmap("x", managedFields=given))
    created(client, CONFIGMAPS, configmap("x"))
    second = client.put(f"{CONFIGMAPS}/x", json=configmap("x", managedFields=given))
    for response in (first, second):
        assert response.status_code == 422, response.text
        [cause] = response.json()["details"]["causes"]
        assert (cause["field"], cause["reason"]) == (f"metadata.managedFields[0].{name}", reason)


def test_no_object_grows_beyond_what_can_be_read(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Managers, labels and data count; what is refused changes nothing, and objects can go."""
    most = 20_000
    monkeypatch.setattr("kconv._verbs.stored_size.STORED_LIMIT", most)
    data = {f"k{number:04}": "" for number in range(400)}
    whole = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": data}
    held = {"finalizers": ["example.com/hold"]}
    large = configmap("large") | {"data": {"text": "x" * most}}
    path = f"{CONFIGMAPS}/one"

    def applied(manager: int) -> httpx.Response:
        query = {"fieldManager": f"m{manager}"}
        typed = {"Content-Type": APPLY}
        return client.patch(path, params=query, json=whole, headers=typed)

    codes = [applied(number).status_code for number in range(6)]
    assert codes[:2] == [201, 200]
    assert codes[-1] == 413
    assert sorted(codes, key=codes.index) == codes, "once too large, it stays refused"
    before = client.get(path).json()
    assert len(json.dumps(before, separators=(",", ":"))) < most
    refused = applied(9)
    assert (refused.status_code, refused.json()["reason"]) == (413, "RequestEntityTooLarge")
    assert "managedFields" in refused.json()["message"]
    assert client.post(CONFIGMAPS, json=large).status_code == 413
    assert client.get(f"{CONFIGMAPS}/large").status_code == 404
    changed = before | {"data": {**data, "more": "x" * most}}
    grown = {"data": {"more": "x" * most}}
    merging = {"Content-Type": "application/merge-patch+json"}
    for query in ({}, {"dryRun": "All"}):
        assert client.post(CONFIGMAPS, json=large, params=query).status_code == 413
        assert client.put(path, json=changed, params=query).status_code == 413
        answer = client.patch(path, json=grown, headers=merging, params=query)
        assert answer.status_code == 413
    assert client.get(path).json() == before
    assert client.get(CONFIGMAPS).status_code == 200
    assert patched(client, path, {"metadata": held}).status_code == 200
    size = len(client.get(path).content)
    monkeypatch.setattr("kconv._verbs.stored_size.STORED_LIMIT", most // 2)
    assert patched(client, path, {"data": {"k0000": None}}).status_code == 200, "it gets smaller"
    assert patched(client, path, {"data": {"k0000": "", "k0001": "more"}}).status_code == 413
    monkeypatch.setattr("kconv._verbs.stored_size.STORED_LIMIT", size - 1)
    assert client.delete(path).status_code == 200, "its mark is no reason to keep it"
    assert patched(client, path, {"metadata": {"managedFields": [{}]}}).status_code == 200
    assert patched(client, path, {"metadata": {"finalizers": None}}).status_code == 200
    assert client.get(path).status_code == 404
