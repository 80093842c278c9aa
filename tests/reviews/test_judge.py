"""Answers of webhooks are judged as kube-apiserver judged them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kconv import UsageError
from kconv._reviews import WebhookClient, judge, review_of

OBJECT: dict[str, Any] = {
    "apiVersion": "x.dev/v1", "kind": "Thing",
    "metadata": {"name": "a", "namespace": "n", "uid": "u", "generation": 1},
}  # fmt: skip


def body_of(response: dict[str, Any]) -> bytes:
    body = response.get("body")
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def test_every_recorded_answer_is_judged_as_it_was(reference: Path) -> None:
    """Those of requests that need one review, so that what the client was told is about it."""
    counts = {True: 0, False: 0}
    for file in sorted((reference / "conversion").glob("*.webhook.json")):
        exchange = file.with_name(file.name.replace(".webhook.json", ".json"))
        calls, told = json.loads(file.read_text()), json.loads(exchange.read_text())
        answer = told.get("response")
        if told["request"]["method"] != "GET" or not answer or not isinstance(answer["body"], dict):
            continue
        if any("body" not in (each.get("response") or {}) for each in calls):
            continue  # it was cut off
        judged = [
            judge(each["request"]["body"], each["response"]["status"], body_of(each["response"]))
            for each in calls
        ]
        refused = [each.refused for each in judged if each.refused]
        was_refused = answer["status"] == 500
        assert bool(refused) == was_refused, f"{file.name}: {refused} {answer['body']}"
        counts[was_refused] += 1
    assert counts[True] > 20
    assert counts[False] > 20


def answer(review: dict[str, Any], *objects: Any, **changes: Any) -> bytes:
    uid = review["request"]["uid"]
    response = {"uid": uid, "convertedObjects": [*objects], "result": {"status": "Success"}}
    whole = {"kind": review["kind"], "apiVersion": review["apiVersion"]}
    return json.dumps({**whole, "response": {**response, **changes}}).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"metadata": {**OBJECT["metadata"], "namespace": "m"}}, "metadata.namespace is 'm'"),
        ({"metadata": {**OBJECT["metadata"], "labels": []}}, "metadata.labels is no map"),
        ({"metadata": {**OBJECT["metadata"], "labels": {"a": "x" * 64}}}, "no value of a label"),
        ({"metadata": {**OBJECT["metadata"], "annotations": {"a": None}}}, "is no text"),
        ({"metadata": {**OBJECT["metadata"], "annotations": {"a/": ""}}}, "has the key 'a/'"),
        ({"apiVersion": "x.dev/v3"}, "apiVersion is 'x.dev/v3'"),
    ],
)  # fmt: skip
def test_what_is_refused(change: dict[str, Any], said: str) -> None:
    review = review_of([OBJECT, OBJECT], "x.dev/v2")
    sound = {**OBJECT, "apiVersion": "x.dev/v2"}
    (found,) = judge(review, 200, answer(review, sound, {**sound, **change})).refused
    assert found.startswith("object 1: ")
    assert said in found


def test_what_is_dropped_without_a_word() -> None:
    review = review_of([OBJECT], "x.dev/v2")
    metadata = {**OBJECT["metadata"], "generation": 7, "labels": {"a": ""}, "finalizers": ["x"]}
    made = {**OBJECT, "apiVersion": "x.dev/v2", "metadata": metadata}
    found = judge(review, 200, answer(review, made))
    assert found.refused == ()
    assert [each.split(" is ")[0] for each in found.ignored] == [
        "object 0: metadata.finalizers", "object 0: metadata.generation",
    ]  # fmt: skip


def test_hostile_answers() -> None:
    review = review_of([OBJECT], "x.dev/v2")
    deep = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
    for body in (b"", b"{", b"[]", b"null", b'"x"', b"\xff", deep, b"{}", b'{"response":[]}'):
        assert judge(review, 200, body).refused, body[:20]
    responses: list[Any] = [
        [], {"uid": []}, {"uid": 1}, {"convertedObjects": {}}, {"result": "Success"},
    ]  # fmt: skip
    for response in responses:
        changed = {**response} if isinstance(response, dict) else {"uid": response}
        assert judge(review, 200, answer(review, OBJECT, **changed)).refused, response


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost:abc/convert",
        "https://[::1/convert",
        "http://localhost:1/\u00fc",
        "ftp://a",
    ],
)
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(UsageError, match="is no URL of a webhook"):
        WebhookClient(url)
