"""What clients of a kind with a webhook were told by a kube-apiserver, recorded and replayed.

What it was told for each answer of the webhook to a single GET is in test_recorded_answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crds.conftest import CRDS, Running, Start
from crds.recorded_hook import SPOILED, RecordedHook
from crds.test_recorded_definitions import Replay, exchanges, gist

Names = tuple[str, ...]
BAD = re.compile(rf"(?:nocache-)?bad-({'|'.join(SPOILED)})-(?!list-cached).*")
CRD = f"{CRDS}/gadgets.conv.kconv.dev"
OBJECTS = "/apis/conv.kconv.dev/{}/namespaces/conv/gadgets"
LEFT_OUT = {
    "mixed-patch-empty-alpha-rewrites": "here what is written gets the defaults of its version",
    "mixed-get-alpha2-as-v1-after-rewrite": "as above",
    "bad-failure-message-put": "lacks a resourceVersion, which is told first here",
    "bad-http-500-put": "as above",
    "bad-failure-message-delete": "what goes is not converted here, so it can go",
    "bad-http-500-delete": "as above",
    "bad-schema-invalid-output-patch": "what was invalid before is refused here",
    "bad-schema-wrong-type-output-patch": "has another size, because of that",
    "bad-unknown-field-output-patch": "as above",
    "strategy-none-list-v1alpha1": "lists what else that server has",
}


GONE = ("bad-changed-labels-annotations-delete-as-storage-version",)
"""Asked of an object that the one before has deleted."""


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordedHook]:
    made = RecordedHook(tmp_path_factory.mktemp("recorded"))
    yield made
    made.stop()


def test_every_exchange_with_a_webhook(reference: Path, start: Start, hook: RecordedHook) -> None:
    folder = reference / "conversion"
    server = start()
    wrong: list[str] = []
    compared = 0
    server.made("POST", CRDS, with_hook(folder, hook))
    for prefix, before in (
        ("good-", nothing),
        ("sync-", nothing),
        ("mixed-", stored_in_three_versions),
        ("bad-", three_to_spoil),
        ("nocache-", each_in_its_version),
        ("strategy-none-", strategy_none),
    ):
        server.made("DELETE", OBJECTS.format("v1beta1"))
        before(server)
        replay = Replay(server, hook)
        for each in exchanges(folder):
            if not each["name"].startswith(prefix):
                continue
            misbehaves = BAD.fullmatch(each["name"])
            if "bad-" in each["name"] and not misbehaves:
                continue
            hook.spoil = SPOILED[misbehaves[1]] if misbehaves else None
            if prefix == "bad-" and "-delete" in each["name"] and each["name"] not in GONE:
                server.ask("POST", OBJECTS.format("v1beta1"), gadget("m3", "blue"))
            compared += judged(each, replay, wrong)
        hook.spoil = None
    assert not wrong, "\n".join(wrong)
    assert compared > 120


def nothing(_: Running) -> None:
    """The exchanges make what they need."""


def stored_in_three_versions(server: Running) -> None:
    """Two objects in each version that has been the one to store in."""
    stored(server, ("s-alpha", "s-alpha2"), ("s-v1", "s-v12"), ("s-beta", "s-beta2"))


def each_in_its_version(server: Running) -> None:
    stored(server, ("m1",), ("m3",), ("m2",))


def stored(server: Running, alpha: Names, one: Names, beta: Names) -> None:
    for version, names, spec in (
        ("v1alpha1", alpha, {"size": "1x2"}),
        ("v1", one, {"dimensions": {"width": 5, "height": 6}}),
        ("v1beta1", beta, {"width": 3, "height": 4}),
    ):
        found = server.made("GET", CRD)
        for each in found["spec"]["versions"]:
            each["storage"] = each["name"] == version
        server.made("PUT", CRD, found)
        for name in names:
            head = {"apiVersion": f"conv.kconv.dev/{version}", "kind": "Gadget"}
            body = {**head, "metadata": {"name": name}, "spec": spec}
            server.made("POST", OBJECTS.format(version), body)


def three_to_spoil(server: Running) -> None:
    for name, color in (("m1", "red"), ("m2", "green"), ("m3", "blue")):
        server.made("POST", OBJECTS.format("v1beta1"), gadget(name, color))


def gadget(name: str, color: str) -> dict[str, Any]:
    head = {"apiVersion": "conv.kconv.dev/v1beta1", "kind": "Gadget", "metadata": {"name": name}}
    return {**head, "spec": {"width": 1, "height": 2, "color": color}}


def strategy_none(server: Running) -> None:
    three_to_spoil(server)
    found = server.made("GET", CRD)
    found["spec"]["conversion"] = {"strategy": "None"}
    server.made("PUT", CRD, found)


def judged(exchange: dict[str, Any], replay: Replay, wrong: list[str]) -> int:
    answer = replay.ask(exchange["request"])
    told = exchange.get("response")
    if told is None or told["status"] is None:
        return 0
    try:
        body = answer.json()
    except ValueError:
        body = answer.text
    replay.learn(told["body"], body)
    if exchange["name"] in LEFT_OUT:
        return 0
    ours, theirs = (
        gist(status, without_uid(each))
        for status, each in ((answer.status_code, body), (told["status"], told["body"]))
    )
    if ours != theirs:
        wrong.append(f"{exchange['name']}:\n  ours   {ours}\n  theirs {theirs}")
    return 1


def without_uid(body: Any) -> Any:
    if isinstance(body, dict) and isinstance(body.get("details"), dict):
        return {**body, "details": {**body["details"], "uid": None}}
    return body


def with_hook(folder: Path, hook: RecordedHook) -> dict[str, Any]:
    made = json.loads((folder / "700-good-crd.json").read_text())["response"]["body"]
    made = {**made, "metadata": {"name": made["metadata"]["name"]}, "status": {}}
    made["spec"]["conversion"]["webhook"]["clientConfig"] = hook.client_config
    return made
