"""Requests of every sort recorded from a kube-apiserver 1.36, replayed in order.

Lists, watches, views, methods, bodies, options, metadata, paths and patches. An exchange whose
answer was not recorded is sent, for the next ones find the state that it makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from kconv._differences import differences
from kconv._scheme import load_scheme
from serve.conftest import Running
from serve.test_recorded import Names, plain

MAPS = "/api/v1/namespaces/misc/configmaps"
Made = tuple[str, dict[str, Any]]
C0 = {"metadata": {"name": "c0"}, "data": {"i": "0"}}
EVEN = {"metadata": {"name": "c0", "labels": {"par": "even"}}, "data": {"i": "0"}}
HELD = {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
BETWEEN: dict[str, list[Made]] = {
    "list-after-deletecollection": [(MAPS, EVEN)],
    "delete-body-dry-run": [(MAPS, C0)],
    # No controller ran there; here something has to hold the namespace.
    "namespace-delete": [("/api/v1/namespaces/going/configmaps", HELD)],
}
"""What the recorded server was asked to create in between, as later exchanges show."""

LARGE = {
    "too-large-413": json.dumps({**C0, "data": {"a": "x" * 3_146_000}}),
    "patch-too-large-413": json.dumps([{"op": "add", "path": "/data/a", "value": "x" * 3_146_000}]),
    "json-patch-too-many-operations": json.dumps(
        [{"op": "add", "path": "/data/a", "value": "x"}] * 10_001
    ),
    "too-deep-json": '{"a":' * 11_000 + "1" + "}" * 11_000,
}
"""Bodies that are not recorded, only described."""

_OTHERS_KINDS = "lists kinds that are not shipped"
_PARTS = "the kind is not served, and neither are processes, logs or nodes behind it"
_NO_PART = "a page of kube-apiserver's own"
_ERROR_500 = "a client's fault, which Kubernetes answers with 500 and kconv with 400"
LEFT_OUT = {
    "agg-discovery-": _OTHERS_KINDS,
    "openapi-v3-": "answers without a body where kconv says what is wrong",
    "/apis/misc.kconv.dev/": "a CRD of that server; test_tables has such kinds",
    "watch-future-rv": "waits; here it is the sign of a database that went back (test_restored)",
    "list-continue-ok": "holds a token of the recorded server; see test_pages",
    "put-node-405": "the kind is not served",
    "eviction-": _PARTS,
    "proxy-": _PARTS,
    "pod-": _PARTS,
    "job-after-delete": "no garbage collector ran there; see test_garbage_collection",
    "delete-discovery": "a document of discovery, to a DELETE",
    "too-deep-json": "has 10,000 levels as its bound; over that of kconv it is 413",
    "path-dot-dot": "the client of this test makes it another path",
    "path-namespaced-without-name": "shows objects of other namespaces; see test_requests",
    "path-readyz-verbose": "names other checks",
    "path-livez-exclude": "names other checks",
    "path-openid": _NO_PART,
    "path-jwks": _NO_PART,
    "path-flagz": _NO_PART,
    "path-statusz": _NO_PART,
    "put-rv-not-a-number": _ERROR_500,
    "smp-bad-set-element-order": _ERROR_500,
    "smp-unknown-directive": _ERROR_500,
    "hpa-v2-with-v1-annotation": "drops what a client wrote in v2, as v1 might mean it",
    "partial-metadata-hpa-v": "shows the object of the one before",
    "table-hpa-v1": "shows the object of the one before",
    "cronjob-removed-v1beta1": "serves no former versions",
}
"""Why, by the beginning of names or paths."""

_GO = "names Go types"
_JSON = "words of Go's JSON decoder"
_VALUE = "prints the whole object, as Go does"
OTHER_WORDS = {
    "get-as-list-kind-406": _GO,
    "list-as-unknown-406": "offers protobuf",
    "accept-cbor": "offers protobuf",
    "json-patch-copy-amplification": _VALUE,
    "empty-body-post": _JSON,
    "list-body-post": _GO,
    "typed-list-body-post": _GO,
    "trailing-data-post": _JSON,
    "bom-post": _JSON,
    "json-with-comments": _JSON,
    "patch-content-type-cbor": "tells CBOR from other media types",
    "meta-bad-timestamp": _GO,
    "meta-owner-ref-two-controllers": "prints fields in another order",
    "meta-long-name": "does not cut long values",
    "configmap-number-value": _JSON,
    "number-float-for-int": _JSON,
    "number-fraction-for-int": _JSON,
    "number-int32-overflow": _JSON,
    "number-string-for-int": _JSON,
    "bool-string": _JSON,
    "quantity-bad": "names no field",
    "quantity-exotic": "names no field",
    "merge-patch-kind": _VALUE,
    "merge-patch-api-version": _VALUE,
    "merge-patch-array-body": _JSON,
    "merge-patch-string-body": _JSON,
    "merge-patch-empty-body": _JSON,
    "merge-patch-unknown-field-strict": _VALUE,
    "smp-type-mismatch": _VALUE,
    "job-manual-selector": "prints fields in another order",
    "delete-options-wrong-kind": _GO,
}
"""What is only said otherwise, and why: code, reason, fields and reasons of causes are the same."""


def test_replay(
    reference: Path, serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    # They were for a second; what they tell was there before.
    monkeypatch.setattr("kconv._verbs.watch.Watch._seconds", lambda watch: 0.1)
    apps = load_scheme(["", "batch", "autoscaling"], ["kconv_schemas.apps:register"])
    with serve(kinds=apps).client(**{"Accept-Encoding": "identity"}) as client:
        del client.headers["User-Agent"]
        replay(reference, client)


def replay(reference: Path, client: httpx.Client) -> None:
    names = Names()
    failures: dict[str, str] = {}
    exchanges = [
        json.loads(each.read_text()) for each in sorted((reference / "misc").glob("*.json"))
    ]
    for namespace in ("misc", "misc2", "going"):
        client.post("/api/v1/namespaces", json={"metadata": {"name": namespace}}).raise_for_status()
    listed = next(each for each in exchanges if each["name"] == "list-configmaps")
    for item in listed["response"]["body"]["items"]:
        metadata = {key: item["metadata"][key] for key in ("name", "labels")}
        client.post(MAPS, json={"metadata": metadata, "data": item["data"]}).raise_for_status()
    compared = 0
    for exchange in exchanges:
        name, request, recorded = (exchange[each] for each in ("name", "request", "response"))
        if recorded is None and request["method"] == "GET":
            continue
        for path, body in BETWEEN.get(name, ()):
            client.post(path, json=body).raise_for_status()
        response = send(client, name, request, names)
        if recorded is None or is_left_out(name, request["path"]):
            continue
        compared += 1
        try:
            compare(name, recorded, response, names)
        except AssertionError as error:
            failures[name] = str(error)[:900]
    assert compared > 185
    assert not failures, f"{len(failures)} of {compared}\n" + "\n\n".join(
        f"{name}: {text}" for name, text in failures.items()
    )


def is_left_out(name: str, path: str) -> bool:
    return any(name.startswith(each) or path.startswith(each) for each in LEFT_OUT)


def send(client: httpx.Client, name: str, request: Any, names: Names) -> httpx.Response:
    body = request.get("body")
    content = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
    content = names.translate(LARGE.get(name, content))
    path = re.sub(
        r"(resourceVersion=)(\d+)",
        lambda found: found[1] + names.ours.get(found[2], found[2]),
        request["path"],
    )
    return client.request(
        request["method"],
        path,
        headers=request["headers"],
        content=content.encode("utf-8", "surrogatepass") if content else None,
    )


def compare(name: str, recorded: Any, response: httpx.Response, names: Names) -> None:
    expected = recorded["body"]
    assert response.status_code == recorded["status"], response.text
    assert response.headers.get("warning") == recorded["headers"].get("warning")
    if not isinstance(expected, dict):
        assert lines(response.text) == lines(expected)
        return
    given = response.json()
    names.learn(expected, given)
    found, wanted = plain(settled(given, name)), plain(settled(expected, name))
    assert not [str(each) for each in differences(found, wanted) if each.before != []]


def lines(text: str) -> list[Any]:
    """Events of a watch; any other text, but that of YAML, as it is."""
    try:
        found = [json.loads(line) for line in text.splitlines()]
    except json.JSONDecodeError:
        return [sorted(text.split())]
    if found and found[-1]["type"] == "BOOKMARK" and not _ends_beginning(found[-1]):
        # Ours says where it ended.
        del found[-1]
    return [plain(each) for each in found]


def _ends_beginning(event: Any) -> bool:
    return "annotations" in event["object"]["metadata"]


def settled(value: Any, name: str) -> Any:
    """A document without what is another server's own: tokens, numbers, order of causes, words."""
    metadata = value.get("metadata") or {}
    if name == "generate-name-long":
        return {**value, "metadata": {**metadata, "name": metadata["name"][:-5]}}
    if metadata.get("continue"):
        value = {**value, "metadata": {**metadata, "continue": "..."}}
    if value.get("kind") != "Status" or value.get("status") == "Success":
        return value
    details = {**(value.get("details") or {})}
    causes = {json.dumps(each, sort_keys=True) for each in details.pop("causes", ())}
    if name in OTHER_WORDS:
        value = {**value, "message": "..."}
        causes = {
            json.dumps([json.loads(each).get(key) for key in ("field", "reason")])
            for each in causes
        }
        details = {}
    message = re.sub(r"(current: |record \()[0-9a-f-]+", r"\1N", value["message"])
    if len(causes) > 1:
        message = "..."
    return {**value, "message": message, "details": {**details, "causes": sorted(causes)}}
