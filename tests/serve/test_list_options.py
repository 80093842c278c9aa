"""Options of lists, watches and deletions of collections, and how large answers are sent."""

import gzip
import json
from typing import Any

import httpx
import pytest

from serve.samples import CONFIGMAPS, configmap, created, patched
from serve.test_watch import events, short

MOST = 2**63 - 1


def listed(client: httpx.Client, **query: Any) -> httpx.Response:
    return client.get(CONFIGMAPS, params={name: str(value) for name, value in query.items()})


def names(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [each["metadata"]["name"] for each in response.json()["items"]]


def test_versions_and_limits(client: httpx.Client) -> None:
    for name in ("a", "b", "c"):
        made = created(client, CONFIGMAPS, configmap(name))
    then = int(made["metadata"]["resourceVersion"])
    first = listed(client, limit=2, resourceVersion=then)
    assert names(first) == ["a", "b"]
    assert first.json()["metadata"]["resourceVersion"] == str(then)
    for match in ("", "NotOlderThan"):
        whatever = listed(client, limit=2, resourceVersion=0, resourceVersionMatch=match)
        assert names(whatever) == ["a", "b", "c"]
        assert "continue" not in whatever.json()["metadata"]
    created(client, CONFIGMAPS, configmap("d"))
    assert names(listed(client, resourceVersion=then)) == ["a", "b", "c", "d"]
    # With a limit, or asked for exactly, it is that state or none.
    for query in ({"limit": 2}, {"resourceVersionMatch": "Exact"}):
        assert listed(client, resourceVersion=then, **query).status_code == 410
    newer = listed(client, limit=2, resourceVersion=then, resourceVersionMatch="NotOlderThan")
    assert names(newer) == ["a", "b"]
    for limit in (MOST, MOST - 1, 0, -1, -MOST - 1):
        assert len(names(listed(client, limit=limit))) == 4
        assert len(names(listed(client, limit=limit, labelSelector="!x"))) == 4
    for nonsense in (MOST + 1, -MOST - 2, "1.5", "x", "1" * 400):
        refused = listed(client, limit=nonsense)
        assert (refused.status_code, refused.json()["reason"]) == (400, "BadRequest")
    one = f"{CONFIGMAPS}/a"
    for version, code in (("", 200), ("0", 200), (str(then), 200), ("x", 400), ("-1", 400)):
        assert client.get(one, params={"resourceVersion": version}).status_code == code
    for later in (then + 1000, 2**63, 2**64 - 1):
        for response in (
            client.get(one, params={"resourceVersion": str(later)}),
            listed(client, resourceVersion=later),
            listed(client, resourceVersion=later, resourceVersionMatch="Exact"),
            listed(client, resourceVersion=later, limit=1),
        ):
            assert (response.status_code, response.json()["reason"]) == (504, "Timeout")
            (cause,) = response.json()["details"]["causes"]
            assert cause["reason"] == "ResourceVersionTooLarge"
    assert client.get(one, params={"resourceVersion": str(2**64)}).status_code == 400


def test_watches(client: httpx.Client) -> None:
    for name in ("a", "b"):
        created(client, CONFIGMAPS, configmap(name))
    none = {"sendInitialEvents": "false", "resourceVersionMatch": "NotOlderThan"}
    for version in ("", "0"):
        assert events(client, CONFIGMAPS, resourceVersion=version, **none) == []
    assert short(events(client, CONFIGMAPS, resourceVersion="1", **none))[-1] == ("ADDED", "b")
    refused = listed(client, watch="true", **{"continue": "x"})
    (cause,) = refused.json()["details"]["causes"]
    assert (refused.status_code, cause["field"]) == (422, "continue")
    for accept, code in (("application/yaml", 406), ("application/yaml, */*;q=0.1", 406)):
        query = {"watch": "true", "timeoutSeconds": "1"}
        response = client.get(CONFIGMAPS, params=query, headers={"Accept": accept})
        assert response.status_code == code
        assert "application/json;stream=watch" in response.text


def test_collection_goes_with_preconditions(client: httpx.Client) -> None:
    made = {name: created(client, CONFIGMAPS, configmap(name)) for name in ("a", "b", "c", "d")}
    own = made["a"]["metadata"]

    def delete(body: Any, **query: str) -> httpx.Response:
        return client.request("DELETE", CONFIGMAPS, params=query, json=body)

    for wrong in ({"uid": "other"}, {"resourceVersion": "1"}):
        refused = delete({"preconditions": wrong})
        assert (refused.status_code, refused.json()["reason"]) == (409, "Conflict")
    assert names(listed(client)) == ["a", "b", "c", "d"]
    right = {"uid": own["uid"], "resourceVersion": own["resourceVersion"]}
    only = delete({"preconditions": right}, fieldSelector="metadata.name=a")
    assert names(only) == ["a"]
    some = delete({}, limit="2")
    assert names(some) == ["b", "c"]
    assert some.json()["metadata"]["remainingItemCount"] == 1
    assert some.json()["metadata"]["continue"]
    assert names(listed(client)) == ["d"]


def test_large_answers_are_gzip(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"metadata": {"name": "large"}, "data": {"text": "words " * 30_000}}
    created(client, CONFIGMAPS, body)
    patched(client, f"{CONFIGMAPS}/large", {"metadata": {"labels": {"a": "b"}}})

    def got(path: str, accept: str) -> tuple[str | None, Any]:
        with client.stream("GET", path, headers={"Accept-Encoding": accept}) as response:
            assert response.status_code == 200
            raw, encoding = b"".join(response.iter_raw()), response.headers.get("content-encoding")
            if encoding:
                assert len(raw) < 20_000
                assert response.headers["vary"] == "Accept-Encoding"
            return encoding, json.loads(gzip.decompress(raw) if encoding else raw)

    for path in (f"{CONFIGMAPS}/large", CONFIGMAPS):
        for at_once in (1, 1024 * 1024):
            # As it is sent whole, and while it is made.
            monkeypatch.setattr("kconv._verbs.search._AT_ONCE", at_once)
            encoding, whole = got(path, "deflate, gzip")
            assert encoding == "gzip"
            assert got(path, "identity") == (None, whole)
    assert got(f"{CONFIGMAPS}?fieldSelector=metadata.name=none", "gzip")[0] is None
    assert got("/api", "gzip")[0] is None
