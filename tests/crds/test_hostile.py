"""What nobody should send, of clients and of webhooks: it is refused, and holds up nobody else."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from crds.conftest import CRDS, Running, definition
from kconv._crds import Webhook
from kconv._crds.answers import ConversionRefused
from kconv._crds.webhook import MOST_BYTES
from kconv._errors import Unavailable
from kconv._reviews import ANSWER_LIMIT, WebhookClient
from kconv._structural import check
from kconv._verbs.waiting import OnLoop

TEXT = {"type": "string"}
OBJECTS = "/apis/example.com/v1/namespaces/default/hostiles"


def _hook(**config: Any) -> dict[str, Any]:
    webhook = {"clientConfig": config, "conversionReviewVersions": ["v1"]}
    return {"conversion": {"strategy": "Webhook", "webhook": webhook}}


def _items(**schema: Any) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def test_schemas_that_are_none_are_refused(server: Running) -> None:
    """Where a schema may be any JSON as well, too."""
    keys = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
    fields = {
        "items of a list": {"type": "array", "items": [TEXT], **keys},
        "items that are a number": {"type": "array", "items": 5, **keys},
        "properties within items": _items(type="object", properties=5),
        "a property within items": _items(type="object", properties={"a": 5}),
        "allOf within items": _items(type="object", allOf=5),
        "enum within items": _items(type="string", enum=5),
        "pattern within items": _items(type="string", pattern=5),
        "minLength within items": _items(type="string", minLength="x"),
        "required within items": _items(type="object", required=[1]),
        "items within allOf": {**_items(**TEXT), "allOf": [{"items": {"pattern": 5}}]},
        "values": {"type": "object", "additionalProperties": 5},
        "values of values": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": "x"},
        },
        "a reference": {"type": "object", "$ref": "#/definitions/x"},
        "definitions": {"type": "object", "definitions": {"x": TEXT}},
        "a list of another type": {**_items(**TEXT), "x-kubernetes-list-type": "x"},
        "a map of another type": {"type": "object", "x-kubernetes-map-type": "x"},
    }
    for told, field in fields.items():
        answer = server.ask("POST", CRDS, definition("hostiles", {"v1": {"a": field}}))
        assert answer.status_code in (400, 422), f"{told}: {answer.text}"
        assert "properties[a]" in answer.text or "properties.a" in answer.text, told
    deep: dict[str, Any] = TEXT
    for _ in range(300):
        deep = _items(**deep)
    answer = server.ask("POST", CRDS, definition("hostiles", {"v1": {"a": deep}}))
    assert answer.status_code == 413, answer.text


@pytest.mark.parametrize("at", ["v1", "v1beta1"])
def test_addresses_of_webhooks_that_are_none_are_refused(server: Running, at: str) -> None:
    """In the versions that CRDs have: nobody has the server ask plain HTTP."""
    service = {"name": "a", "namespace": "b"}
    for config in (
        {"url": "http://169.254.169.254/latest"},
        {"url": "https://[::1"},
        {"url": "https://a:99999/"},
        {"url": "https://me:secret@a/"},
        {"url": "https://a/?x=1"},
        {"url": "https:///convert"},
        {"service": {**service, "port": 0}},
        {"service": {**service, "port": 70000}},
        {"service": {"name": "a"}},
        {"url": "https://a/", "service": service},
    ):
        crd = definition("hostiles", {"v1": {"a": TEXT}}, **_hook(**config))
        if at == "v1beta1":
            crd["apiVersion"] = f"apiextensions.k8s.io/{at}"
            webhook = crd["spec"]["conversion"].pop("webhook")
            webhook["webhookClientConfig"] = webhook.pop("clientConfig")
            crd["spec"]["conversion"].update(webhook)
            crd["spec"]["validation"] = crd["spec"]["versions"][0].pop("schema")
        answer = server.ask("POST", CRDS.replace("/v1/", f"/{at}/"), crd)
        assert answer.status_code in (400, 422), f"{config}: {answer.text}"


def test_what_may_not_change_may_not_in_v1beta1(server: Running) -> None:
    """The other version of CRDs is no way around their rules."""
    server.made("POST", CRDS, definition("fixeds", {"v1": {"a": TEXT}, "v2": {"a": TEXT}}))
    path = f"{CRDS.replace('/v1/', '/v1beta1/')}/fixeds.example.com"
    found = server.made("GET", path)
    answer = server.ask("PUT", path, {**found, "spec": {**found["spec"], "scope": "Cluster"}})
    assert answer.status_code == 422
    assert "field is immutable" in answer.text
    left = [{**each, "storage": True} for each in found["spec"]["versions"] if each["name"] == "v2"]
    spec = {**found["spec"], "version": "v2", "versions": left}
    answer = server.ask("PUT", path, {**found, "spec": spec})
    assert answer.status_code == 422
    assert "missing from spec.versions" in answer.text
    renamed = {**found, "metadata": {"name": "others.example.com"}}
    assert server.ask("POST", CRDS.replace("/v1/", "/v1beta1/"), renamed).status_code == 422


def test_values_that_no_rule_was_made_for(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    fields = {
        "tiny": {"type": "number", "multipleOf": 1e-300},
        "tenth": {"type": "integer", "multipleOf": 0.1},
        "two": {"type": "integer", "multipleOf": 2},
        "free": {"x-kubernetes-preserve-unknown-fields": True, "enum": [{"a": 1}, "x"]},
        "when": {"type": "string", "format": "date-time"},
        "long": {"type": "string", "format": "duration"},
        "net": {"type": "string", "format": "cidr"},
        "at": {"type": "string", "format": "uri"},
        "inner": {"type": "object", "x-kubernetes-embedded-resource": True},
        "regular": {"type": "string", "pattern": "^(a+)+$"},
    }
    server.made("POST", CRDS, definition("hostiles", {"v1": fields}))
    values: dict[str, list[Any]] = {
        "tiny": [1e300, 10**400],
        "tenth": [10**400],
        "two": [10**400 + 1],
        "free": [{"a": True}, [None]],
        "when": ["9999-99-99T99:99:99Z"],
        "long": ["9" * 5000 + "h"],
        "net": ["1/" + "9" * 5000],
        "at": ["http://["],
        "inner": [{"apiVersion": [], "kind": {}}, {"metadata": {"labels": 5}}, 5],
    }
    with caplog.at_level(logging.ERROR):
        for name, some in values.items():
            for value in some:
                body = {"apiVersion": "example.com/v1", "kind": "Hostile",
                        "metadata": {"name": "a"}, "spec": {name: value}}  # fmt: skip
                data = json.dumps(body).encode()
                answer = server.http.post(OBJECTS, content=data)
                assert answer.status_code in (201, 400, 422), f"{name}: {answer.text[:300]}"
                server.ask("DELETE", f"{OBJECTS}/a")
    assert not caplog.records


REVIEWED = {"apiVersion": "example.com/v1", "kind": "Hostile", "metadata": {"name": "a"}}


@contextmanager
def _answering(pieces: Iterator[bytes], pause: float = 0.0) -> Iterator[str]:
    """A server of one answer, which comes in pieces."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            taken, _ = listening.accept()
            with taken:
                taken.recv(1 << 16)
                try:
                    for each in pieces:
                        taken.sendall(each)
                        time.sleep(pause)
                except OSError:
                    return

        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def _drops(head: bytes) -> Iterator[bytes]:
    yield head
    while True:
        yield b"x"


def _huge() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n\r\n"
    for _ in range(ANSWER_LIMIT // (1 << 20) + 8):
        yield b" " * (1 << 20)


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\n\r\n"]
)  # fmt: skip
def test_a_webhook_that_answers_drop_by_drop_is_waited_for_no_longer_than_any(head: bytes) -> None:
    with _answering(_drops(head), 0.05) as url:
        began = time.monotonic()
        with pytest.raises(Unavailable, match="context deadline exceeded"):
            WebhookClient(url, timeout=0.5).post(b"{}")
        assert time.monotonic() - began < 5


def test_no_more_of_an_answer_is_read_than_there_may_be() -> None:
    with _answering(_huge()) as url, pytest.raises(Unavailable, match="more than"):
        WebhookClient(url, timeout=20).post(b"{}")


def test_a_list_is_converted_in_reviews_of_a_size_that_webhooks_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def post(client: WebhookClient, data: bytes) -> tuple[int, bytes]:
        review = json.loads(data)
        asked.append(len(data))
        to = review["request"]["desiredAPIVersion"]
        made = [{**each, "apiVersion": to} for each in review["request"]["objects"]]
        response = {"uid": review["request"]["uid"], "convertedObjects": made,
                    "result": {"status": "Success"}}  # fmt: skip
        return 200, json.dumps({**review, "response": response}).encode()

    monkeypatch.setattr(WebhookClient, "post", post)
    webhook = Webhook({"clientConfig": {"url": "https://127.0.0.1/"}}, {})
    large = {**REVIEWED, "spec": {"a": "x" * 20_000}}
    huge = {**REVIEWED, "spec": {"a": "x" * 3_200_000}}
    objects = [large] * 200 + [huge] + [REVIEWED] * 600
    made = webhook.convert(objects, "example.com/v2")
    assert made == [{**each, "apiVersion": "example.com/v2"} for each in objects]
    assert len(asked) == 7
    assert sum(each > MOST_BYTES * 1.01 for each in asked) == 1, "that of the one object"


@pytest.mark.parametrize("body", [b"[" * 100_000, b"{" * 100_000, b"a: &a [*a]", b"\xff\x00"])
def test_a_body_that_is_no_answer_is_refused(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    webhook = Webhook({"clientConfig": {"url": "https://127.0.0.1/"}}, {})
    for status in (200, 500):
        monkeypatch.setattr(WebhookClient, "post", lambda *_, s=status: (s, body))
        with pytest.raises(ConversionRefused):
            webhook.convert([REVIEWED], "example.com/v2")


def test_what_waits_for_webhooks_holds_up_no_call_of_the_database() -> None:
    answered = threading.Event()

    async def many() -> None:
        waiting = OnLoop()
        asked = [asyncio.ensure_future(waiting.elsewhere(answered.wait)) for _ in range(100)]
        try:
            async with asyncio.timeout(10):
                await waiting.blocking(lambda: None)
        finally:
            answered.set()
            await asyncio.gather(*asked)

    asyncio.run(many())


def test_patterns_are_those_of_re2() -> None:
    """Within a moment, whatever they are."""
    slow = {"type": "string", "pattern": "^(a+)+$"}
    began = time.monotonic()
    assert [each.reason for each in check("a" * 60 + "b", slow)] == ["FieldValueInvalid"]
    assert time.monotonic() - began < 5
    posix = {"type": "string", "pattern": r"^[[:lower:]]+\z"}
    assert not list(check("abc", posix))
    assert list(check("abc\n", posix))
    assert not list(check("abc", {"type": "string", "pattern": "("}))
