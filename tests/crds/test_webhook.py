"""A kind whose versions a webhook converts, which does it rightly, and wrongly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from crds.conftest import CRDS, Running, Start
from crds.hook import Hook, Review

GROUP = "conv.kconv.dev"
CRD = f"{CRDS}/gadgets.{GROUP}"


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    made = Hook(tmp_path_factory.mktemp("hook"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(start: Start, hook: Hook) -> Running:
    made = start()
    made.made("POST", CRDS, hook.definition())
    return made


def place(at: str, name: str = "", namespace: str = "conv") -> str:
    path = f"/apis/{GROUP}/{at}/namespaces/{namespace}/gadgets"
    return f"{path}/{name}" if name else path


def gadget(at: str, name: str, **spec: Any) -> dict[str, Any]:
    head = {"apiVersion": f"{GROUP}/{at}", "kind": "Gadget"}
    return {**head, "metadata": {"name": name}, "spec": spec}


def test_a_webhook_converts_what_is_asked_in_another_version(server: Running, hook: Hook) -> None:
    server.made("POST", place("v1beta1"), gadget("v1beta1", "a", width=1, height=2, color="red"))
    assert hook.reviews == [], "nobody is asked for the version that is stored"
    got = server.made("GET", place("v1", "a"))
    assert got["spec"]["dimensions"] == {"width": 1, "height": 2}
    (review,) = hook.reviews
    assert review["apiVersion"] == "apiextensions.k8s.io/v1"
    assert review["request"]["desiredAPIVersion"] == f"{GROUP}/v1"
    (sent,) = review["request"]["objects"]
    assert sent["metadata"]["uid"] == got["metadata"]["uid"]
    assert "resourceVersion" not in sent["metadata"]
    made = server.made("POST", place("v1alpha1"), gadget("v1alpha1", "b", size="3x4"))
    assert made["spec"]["size"] == "3x4"
    assert server.made("GET", place("v1beta1", "b"))["spec"]["width"] == 3

    hook.reviews.clear()
    listed = server.made("GET", place("v1"))
    assert [each["spec"]["dimensions"]["width"] for each in listed["items"]] == [1, 3]
    assert [len(each["request"]["objects"]) for each in hook.reviews] == [2], "one review for all"

    changed = server.patch(place("v1", "a"), {"spec": {"dimensions": {"width": 9}}})
    assert changed["metadata"]["generation"] == 2
    assert server.made("GET", place("v1beta1", "a"))["spec"]["width"] == 9
    got = server.made("GET", place("v1", "a"))
    got["spec"]["dimensions"]["height"] = 8
    server.made("PUT", place("v1", "a"), got)
    applied = gadget("v1", "a", dimensions={"width": 9})
    made = server.made("PATCH", f"{place('v1', 'a')}?fieldManager=one", applied,
                       content_type="application/apply-patch+yaml")  # fmt: skip
    assert {each["apiVersion"] for each in made["metadata"]["managedFields"]} >= {f"{GROUP}/v1"}
    server.made("DELETE", place("v1", "b"))


def test_events_of_a_watch_are_converted(server: Running, hook: Hook) -> None:
    seen: list[dict[str, Any]] = []

    def watch() -> None:
        params = {"watch": "true", "timeoutSeconds": "20", "labelSelector": "w=1"}
        with server.http.stream("GET", place("v1", namespace="w"), params=params) as answer:
            for line in answer.iter_lines():
                seen.append(json.loads(line))
                if len(seen) == 3:
                    return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    labelled = gadget("v1beta1", "w", width=5, height=1)
    labelled["metadata"]["labels"] = {"w": "1"}
    server.made("POST", place("v1beta1", namespace="w"), labelled)
    deadline = time.monotonic() + 10
    while len(seen) < 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    server.patch(place("v1beta1", "w", namespace="w"), {"spec": {"width": 6}})
    server.patch(place("v1beta1", "w", namespace="w"), {"metadata": {"labels": {"w": "2"}}})
    thread.join(15)
    assert [each["type"] for each in seen] == ["ADDED", "MODIFIED", "DELETED"]
    widths = [each["object"]["spec"]["dimensions"]["width"] for each in seen]
    assert widths == [5, 6, 6]


def _each(change: Any) -> Any:
    """A spoiler that changes the objects of an answer."""

    def spoil(answer: Review) -> Review:
        for each in answer["response"]["convertedObjects"]:
            change(each)
        return answer

    return spoil


def _renamed(each: dict[str, Any]) -> None:
    each["metadata"]["name"] = "other"


def _labelled(each: dict[str, Any]) -> None:
    each["metadata"]["labels"] = {"added": "yes"}
    each["metadata"]["finalizers"] = ["no/effect"]
    each["spec"]["unknown"] = True


def _odd(each: dict[str, Any]) -> None:
    each["spec"]["dimensions"] = "not one"


def test_a_webhook_that_misbehaves(server: Running, hook: Hook) -> None:
    server.made("POST", place("v1beta1"), gadget("v1beta1", "m", width=1, height=2))
    source = f"conversion webhook for {GROUP}/v1beta1, Kind=Gadget"
    refused = {
        (500, b"broken"): f'{source} failed: an error on the server ("broken") has prevented the '
        "request from succeeding",
        (404, b""): f"{source} failed: the server could not find the requested resource",
    }
    try:
        for spoiled, message in refused.items():
            hook.spoil = lambda answer, spoiled=spoiled: spoiled
            for method, path in (("GET", place("v1", "m")), ("GET", place("v1"))):
                answer = server.ask(method, path)
                assert (answer.status_code, answer.json()["message"]) == (500, message), path
                assert "reason" not in answer.json()
            merge = "application/merge-patch+json"
            patched = server.ask("PATCH", place("v1", "m"), {"spec": {}}, content_type=merge)
            assert patched.status_code == 500
            assert server.ask("POST", place("v1"), gadget("v1", "n")).status_code == 500
            assert server.ask("GET", place("v1beta1", "m")).status_code == 200
            dry = f"{place('v1beta1', 'm')}?dryRun=All"
            assert server.ask("DELETE", dry).status_code == 200
        lines = server.http.get(place("v1"), params={"watch": "1", "timeoutSeconds": "1"}).text
        assert json.loads(lines.splitlines()[-1])["type"] == "ERROR"
        hook.spoil = _each(_renamed)
        answer = server.ask("GET", place("v1", "m"))
        assert answer.json()["message"] == (
            f"{source} returned invalid object: must have the same name: m != other"
        )
        hook.spoil = _each(_labelled)
        got = server.made("GET", place("v1", "m"))
        assert got["metadata"]["labels"] == {"added": "yes"}
        assert "finalizers" not in got["metadata"]
        assert "unknown" not in got["spec"]
        # What it gives is not judged, and is written as it is.
        hook.spoil = _each(_odd)
        assert server.made("GET", place("v1", "m"))["spec"]["dimensions"] == "not one"
    finally:
        hook.spoil = None
    assert server.made("GET", place("v1", "m"))["spec"]["dimensions"] == {"width": 1, "height": 2}


def test_the_address_and_the_certificate_of_a_webhook(server: Running, hook: Hook) -> None:
    found = server.made("GET", CRD)
    right = found["spec"]["conversion"]["webhook"]["clientConfig"]
    try:
        port = int(hook.url.rpartition(":")[2].partition("/")[0])
        service = {"name": "g", "namespace": "n", "port": port}
        for config, said in (
            ({"url": hook.url, "caBundle": None}, "certificate"),
            ({"url": "https://127.0.0.1:1/convert"}, "refused"),
            ({"url": None, "caBundle": right["caBundle"], "service": service}, "g.n.svc"),
        ):
            stanza = {"conversion": {"webhook": {"clientConfig": config}}}
            server.patch(CRD, {"spec": stanza})
            answer = server.ask("GET", place("v1", "m"))
            assert answer.status_code == 500
            assert said in answer.json()["message"], answer.text
            assert "failed: Post" in answer.json()["message"]
    finally:
        back = {**right, "service": None}
        server.patch(CRD, {"spec": {"conversion": {"webhook": {"clientConfig": back}}}})
    assert server.ask("GET", place("v1", "m")).status_code == 200
    reviews = {"conversion": {"webhook": {"conversionReviewVersions": ["v1beta1"]}}}
    server.patch(CRD, {"spec": reviews})
    hook.reviews.clear()
    server.made("GET", place("v1", "m"))
    assert hook.reviews[0]["apiVersion"] == "apiextensions.k8s.io/v1beta1"
