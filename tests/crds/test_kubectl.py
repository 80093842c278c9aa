"""kubectl against custom resources: apply, get in each version, explain, edit, broken webhooks."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crds.conftest import CRDS, Running, Start
from crds.hook import Hook, Review, Spoil
from fixtures.certificates import signed_by_itself
from kconv._crds import webhook
from serve.test_kubectl import Kubectl

GADGET = """
apiVersion: conv.kconv.dev/{version}
kind: Gadget
metadata: {{name: {name}, namespace: demo}}
spec: {spec}
"""


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Hook]:
    made = Hook(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def server(start: Start) -> Running:
    return start()


def test_kubectl(kubectl: Path, server: Running, hook: Hook, tmp_path: Path) -> None:
    run = Kubectl(kubectl, server.url, tmp_path)
    crd = hook.definition()
    for each in crd["spec"]["versions"]:
        spec = each["schema"]["openAPIV3Schema"]["properties"]["spec"]
        spec["properties"]["note"]["description"] = "What people say of it."
    run("apply", "-f", "-", stdin=json.dumps(crd))
    run("wait", "--for=condition=Established", "crd/gadgets.conv.kconv.dev")
    assert "gadgets.conv.kconv.dev" in run("get", "crds", "-o", "name")
    assert "Gadget" in run("api-resources", "--api-group=conv.kconv.dev")
    run("apply", "-f", "-", stdin=GADGET.format(version="v1beta1", name="a", spec="{width: 1}"))
    configured = GADGET.format(version="v1beta1", name="a", spec="{width: 7, height: 2}")
    assert "configured" in run("apply", "-f", "-", stdin=configured)
    assert "unchanged" in run("apply", "-f", "-", stdin=configured)
    applied = GADGET.format(version="v1", name="b", spec="{dimensions: {width: 3}}")
    run("apply", "--server-side", "-f", "-", stdin=applied)
    for version, path, width in (
        ("v1beta1", "{.spec.width}", "7"),
        ("v1", "{.spec.dimensions.width}", "7"),
        ("v1alpha1", "{.spec.size}", "7x2"),
    ):
        got = run(
            "get", f"gadgets.{version}.conv.kconv.dev", "a", "-n", "demo", "-o", f"jsonpath={path}"
        )
        assert got == width
    explained = run("explain", "gadgets.spec.note", "--api-version=conv.kconv.dev/v1beta1")
    assert "What people say of it." in explained
    refused = run("apply", "-f", "-", fails=True,
                  stdin=GADGET.format(version="v1beta1", name="c", spec="{width: -1}"))  # fmt: skip
    assert "spec.width in body should be greater than or equal to 0" in refused
    unknown = run("apply", "-f", "-", fails=True,
                  stdin=GADGET.format(version="v1beta1", name="c", spec="{wide: 1}"))  # fmt: skip
    assert 'unknown field "spec.wide"' in unknown
    run("label", "gadgets.v1.conv.kconv.dev", "a", "-n", "demo", "labelled=yes")
    run.environment["KUBE_EDITOR"] = "sed -i 's/ width: 7/ width: 9/'"
    run("edit", "gadgets.v1.conv.kconv.dev", "a", "-n", "demo")
    path = "jsonpath={.spec.width} {.metadata.labels.labelled}"
    got = run("get", "gadgets.v1beta1.conv.kconv.dev", "a", "-n", "demo", "-o", path)
    assert got == "9 yes"
    run.environment["KUBE_EDITOR"] = "sed -i 's/ width: 9/ width: -9/'"
    refused = run("edit", "gadgets.v1.conv.kconv.dev", "a", "-n", "demo", fails=True)
    assert "Edit cancelled" in refused
    hook.spoil = lambda answer: (500, b"out of order")
    for asked in ("get", "edit", "label"):
        more = ("labelled-",) if asked == "label" else ()
        broken = run(asked, "gadgets.v1.conv.kconv.dev", "a", "-n", "demo", *more, fails=True)
        assert "conversion webhook for conv.kconv.dev/v1beta1, Kind=Gadget failed" in broken
        assert "out of order" in broken
    hook.spoil = None
    run("delete", "gadgets", "--all", "-n", "demo")
    run("delete", "crd", "gadgets.conv.kconv.dev")
    assert server.ask("GET", f"{CRDS}/gadgets.conv.kconv.dev").status_code == 404


def _of_response(**changes: Any) -> Spoil:
    """A spoiler that sets, or with None takes out, parts of the response."""

    def spoil(answer: Review) -> Review:
        response = {**answer["response"], **changes}
        answer["response"] = {name: each for name, each in response.items() if each is not None}
        return answer

    return spoil


def _slow(answer: Review) -> Review:
    time.sleep(2.0)
    return answer


def _no_version(answer: Review) -> Review:
    for each in answer["response"]["convertedObjects"]:
        del each["apiVersion"]
    return answer


NIL = "00000000-0000-0000-0000-000000000000"
BROKEN: dict[str, Spoil] = {
    "780-bad-failure-no-message-get": _of_response(result={"status": "Failure"}),
    "786-bad-wrong-uid-get": _of_response(uid=NIL),
    "789-bad-missing-one-object-get": _of_response(convertedObjects=[]),
    "799-bad-response-absent-get": lambda answer: {**answer, "response": None},
    "850-bad-api-version-absent-get": _no_version,
    "872-bad-http-500-get": lambda answer: (500, b"internal hook error"),
    "885-bad-http-404-get": lambda answer: (404, b"404 page not found"),
    "897-bad-timeout-get": _slow,
}
"""What a webhook does, by the recorded request that had it."""
DOWN, UNTRUSTED = "904-bad-webhook-down-get", "909-bad-webhook-untrusted-ca-get"


def _gist(text: str) -> str:
    """What is alike of two servers: no uids, addresses and times, nor what Go was at just then."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UID", text)
    text = re.sub(r"127.0.0.1:[0-9]+(/[a-z/]+)?", "ADDRESS", text)
    return re.sub(r"timeout=[0-9]+s", "timeout=TIME", text).partition(" (Client.Timeout")[0].strip()


def test_what_kubectl_shows_of_a_broken_webhook(
    kubectl: Path, server: Running, hook: Hook, tmp_path: Path, reference: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What kube-apiserver said of the same, word for word."""
    monkeypatch.setattr(webhook, "TIMEOUT", 1)
    (tmp_path / "other").mkdir()
    other, _ = signed_by_itself(tmp_path / "other")
    run = Kubectl(kubectl, server.url, tmp_path)
    server.made("POST", CRDS, hook.definition())
    run("apply", "-f", "-", stdin=GADGET.format(version="v1beta1", name="a", spec="{width: 1}"))
    crd = f"{CRDS}/gadgets.conv.kconv.dev"
    bundle = base64.b64encode(other.read_bytes()).decode()
    configs = {DOWN: {"url": "https://127.0.0.1:1/convert"}, UNTRUSTED: {"caBundle": bundle}}
    shown = {}
    for name, spoil in BROKEN.items():
        hook.spoil = spoil
        shown[name] = run("get", "gadgets.v1.conv.kconv.dev", "a", "-n", "demo", fails=True)
    hook.spoil = _of_response(result=None)
    absent = run("get", "gadgets.v1.conv.kconv.dev", "a", "-n", "demo", fails=True)
    assert absent.strip().endswith("failed: response.result.status was '', not 'Success'")
    hook.spoil = None
    right = {"url": hook.url}
    for name, config in configs.items():
        stanza = {"webhook": {"clientConfig": {**right, **config}}}
        server.patch(crd, {"spec": {"conversion": stanza}})
        shown[name] = run("get", "gadgets.v1.conv.kconv.dev", "a", "-n", "demo", fails=True)
    told = {
        name: json.loads((reference / "conversion" / f"{name}.json").read_text())["response"]
        for name in shown
    }
    assert {name: _gist(text) for name, text in shown.items()} == {
        name: _gist(f"Error from server: {each['body']['message']}") for name, each in told.items()
    }
