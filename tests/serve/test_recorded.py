"""Exchanges recorded from a kube-apiserver, replayed in order.

Uids, resourceVersions and times differ from server to server and are mapped; managedFields are
not tracked here. All else, messages included, is to be the same.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from kconv._serve import Listen
from serve.conftest import Running

LEFT_OUT = {
    "version": "says what build it is",
    "aggregated-discovery": "lists kinds that are not shipped; its shape is tested below",
    "api-resources-core-v1": "lists kinds that are not shipped; its shape is tested below",
    "api-group-batch": "lists only the versions that Kubernetes still serves",
    "root-paths": "lists groups that are not shipped",
    "openapi-v3-index": "lists groups that are not shipped",
    "api-versions": "names the address of the recorded server",
    "hpa-list-all-namespaces-limit1": "shows objects of another namespace of that server",
    "bad-token": "needs a server with tokens; see test_token_is_refused",
    "watch-too-old": "events depend on writes that were not recorded; see test_watch",
    "watch-from-0": "shows an object made by server-side apply; see test_watch",
    "list-continue": "holds a token of the recorded server; see test_list",
}
OTHER_WORDS = {
    "create-wrong-kind": "names Go types",
    "create-malformed-json": "words of Go's JSON decoder",
    "create-not-an-object": "words of Go's JSON decoder",
    "patch-json-malformed": "names Go types",
    "list-bad-continue": "words of Go's JSON decoder",
}

HPA = "/apis/autoscaling/v1/namespaces/demo/horizontalpodautoscalers"
CRONJOB = "/apis/batch/v1/namespaces/demo/cronjobs"
SPEC = {
    "minReplicas": 2,
    "maxReplicas": 10,
    "targetCPUUtilizationPercentage": 80,
    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
}
TEMPLATE = {
    "spec": {"restartPolicy": "OnFailure", "containers": [{"name": "main", "image": "busybox"}]}
}
CRON_SPEC = {"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": TEMPLATE}}}
TWO = {
    "metadata": {"name": "two"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "two"},
        "minReplicas": 1,
        "maxReplicas": 5,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": 50},
                },
            },
            {
                "type": "Resource",
                "resource": {
                    "name": "memory",
                    "target": {"type": "AverageValue", "averageValue": "500Mi"},
                },
            },
        ],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}},
    },
}
HOLD = {"metadata": {"name": "fin", "finalizers": ["example.com/hold"]}, "spec": CRON_SPEC}
MERGE = "application/merge-patch+json"
# What the recorded server was asked in between, as later exchanges show.
BETWEEN: dict[str, list[tuple[str, str, Any, str]]] = {
    "hpa-two-metrics-as-v1": [("POST", HPA.replace("/v1/", "/v2/"), TWO, "application/json")],
    "create-unknown-field-warn": [
        (
            "POST",
            HPA,
            {"metadata": {"name": "u1", "labels": {"app": "u1"}}, "spec": SPEC},
            "application/json",
        )
    ],
    "patch-merge-delete-label": [
        ("PATCH", f"{HPA}/web", {"metadata": {"labels": {"tier": "front"}}}, MERGE)
    ],
    "cronjob-status-put": [
        (
            "PATCH",
            f"{CRONJOB}/report",
            {"spec": {"jobTemplate": {"spec": {"template": TEMPLATE}}}},
            MERGE,
        )
    ],
    "job-immutable-field": [
        (
            "POST",
            CRONJOB.replace("cronjobs", "jobs"),
            {"metadata": {"name": "once"}, "spec": {"template": TEMPLATE}},
            "application/json",
        )
    ],
    "finalizer-delete": [("POST", CRONJOB, HOLD, "application/json")],
    "finalizer-gone": [("PATCH", f"{CRONJOB}/fin", {"metadata": {"finalizers": None}}, MERGE)],
    "delete-missing": [("DELETE", f"{CRONJOB}/report", None, "application/json")],
}

VOLATILE = {"uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "managedFields"}


def plain(value: Any) -> Any:
    """A document without what differs from server to server, and without descriptions."""
    if isinstance(value, dict):
        return {
            key: "..." if key in VOLATILE else plain(item)
            for key, item in value.items()
            if item is not None and key not in ("managedFields", "description")
        }
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str):
        value = re.sub(r"gen-[a-z0-9]{5}", "gen-xxxxx", value)
        value = re.sub(r"^[0-9]+m?s$", "0s", value)
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<uid>", value)
    return value


class Names:
    """What the recorded server called things, and what ours does."""

    def __init__(self) -> None:
        self.ours: dict[str, str] = {}

    def learn(self, theirs: Any, ours: Any) -> None:
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for key in theirs.keys() & ours.keys():
                if key in ("uid", "resourceVersion") and isinstance(theirs[key], str):
                    self.ours.setdefault(theirs[key], ours[key])
                self.learn(theirs[key], ours[key])

    def translate(self, text: str) -> str:
        for theirs, ours in self.ours.items():
            text = text.replace(f'"{theirs}"', f'"{ours}"')
        return text


def send(client: httpx.Client, recorded: dict[str, Any], names: Names) -> Any:
    body = recorded.get("body")
    content = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
    return client.request(
        recorded["method"],
        recorded["path"],
        headers=recorded["headers"],
        content=names.translate(content) if content else None,
    )


def compare(name: str, recorded: dict[str, Any], response: Any) -> None:
    expected = recorded["body"]
    assert response.status_code == recorded["status"], response.text
    if not isinstance(expected, dict):
        assert response.text == expected
        return
    given = response.json()
    if name in OTHER_WORDS:
        assert given.pop("message")
        expected = {key: item for key, item in expected.items() if key != "message"}
    assert plain(given) == plain(expected)
    for header in ("warning",):
        assert response.headers.get(header) == recorded["headers"].get(header)


def test_replay(reference: Path, client: httpx.Client) -> None:
    names = Names()
    failures: dict[str, str] = {}
    replayed = 0
    for file in sorted((reference / "http").glob("*.json")):
        exchange = json.loads(file.read_text())
        name = exchange["name"]
        for method, path, body, media_type in BETWEEN.get(name, []):
            made = client.request(method, path, json=body, headers={"Content-Type": media_type})
            assert made.status_code < 300, (name, made.text)
        if name in LEFT_OUT:
            continue
        if name == "unserved-version":
            continue
        replayed += 1
        response = send(client, exchange["request"], names)
        if isinstance(exchange["response"]["body"], dict):
            names.learn(exchange["response"]["body"], response.json())
        try:
            compare(name, exchange["response"], response)
        except AssertionError as error:
            failures[name] = str(error)
    assert replayed > 50
    assert not failures, "\n\n".join(f"{name}: {text}" for name, text in failures.items())


def test_alpha_version_is_off(reference: Path, serve: Callable[..., Running]) -> None:
    exchange = json.loads((reference / "http" / "014-unserved-version.json").read_text())
    with serve("").client() as client:
        response = send(client, exchange["request"], Names())
    compare(exchange["name"], exchange["response"], response)


def test_token_is_refused(reference: Path, serve: Callable[..., Running], tmp_path: Path) -> None:
    exchange = json.loads((reference / "http" / "019-bad-token.json").read_text())
    tokens = tmp_path / "tokens.csv"
    tokens.write_text("secret,me,1\n")
    with serve("", Listen(port=0, token_auth_file=tokens)).client() as client:
        response = send(client, exchange["request"], Names())
        compare(exchange["name"], exchange["response"], response)
        assert client.get("/healthz").text == "ok"
        headers = {"Authorization": "Bearer secret"}
        assert client.get("/api", headers=headers).status_code == 200


@pytest.mark.parametrize("group", ["batch", "autoscaling"])
def test_aggregated_discovery(reference: Path, serve: Callable[..., Running], group: str) -> None:
    exchange = json.loads((reference / "http" / "013-aggregated-discovery.json").read_text())
    with serve("").client() as client:
        response = send(client, exchange["request"], Names())
    assert response.headers["content-type"] == exchange["response"]["headers"]["content-type"]
    found = {item["metadata"].get("name"): item for item in response.json()["items"]}
    recorded = {item["metadata"]["name"]: item for item in exchange["response"]["body"]["items"]}
    by_version = {each["version"]: each for each in found[group]["versions"]}
    for version in recorded[group]["versions"]:
        assert by_version[version["version"]] == version


def test_core_resources(reference: Path, client: httpx.Client) -> None:
    exchange = json.loads((reference / "http" / "012-api-resources-core-v1.json").read_text())
    recorded = {each["name"]: each for each in exchange["response"]["body"]["resources"]}
    found = client.get("/api/v1").json()["resources"]
    assert [each["name"] for each in found if each["name"] in ("configmaps", "namespaces")]
    for each in found:
        assert each == recorded[each["name"]]
