"""Creates and updates of shipped kinds, judged as a kube-apiserver judged them."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.long import LONG
from fixtures.recorded import Case, LeftOut, lines, verdict
from kconv import GroupVersion, Pipeline
from kconv._store import Key, SqlStore, Write
from serve.samples import CONFIGMAPS, CRONJOBS, HPAS, created
from serve.test_recorded_cases import answered, different

EVENTS = "/api/v1/namespaces/default/events"
PATHS = {
    "configmap": CONFIGMAPS,
    "secret": "/api/v1/namespaces/default/secrets",
    "event": EVENTS,
    "namespace": "/api/v1/namespaces",
    "horizontalpodautoscaler": HPAS,
    "job": "/apis/batch/v1/namespaces/default/jobs",
    "cronjob": CRONJOBS,
}
STORED = {
    "horizontalpodautoscaler": "autoscaling/v2",
    "job": "batch/v1",
    "cronjob": "batch/v1",
}
EACH = 1 if LONG else 4
"""One of so many cases is asked."""

ZERO_OF_REQUIRED = frozenset(
    {
        "c35d405f7ebaba0a",
        "c645ab6ca9a929a1",
        "c2af837e78d02205",
        "7d6c860f444fa0ca",
        "3ac008d25a3977f1",
        "7da387a0af5b935c",
        "3148f0c8549078bc",
        "46cbc9967f6fb176",
        "fc0edbaa39d3455d",
        "f81dea156ef4ba44",
        "121f49c9372e2e44",
        "a072b225d390eead",
        "b4b466f729618fcd",
        "d58efcfd334b8746",
        "04b2eb7e16832b46",
        "be19095950141622",
        "e051cf6bb61c8d05",
    }
)
COMPLETE_PARTS = frozenset(
    {
        "ca676890f2234827",
        "c56889a17635101a",
        "836e08cb73d84b6a",
        "c87ce9a4d20d5387",
        "254075befd548bf4",
    }
)
SECOND_SOURCES = frozenset(
    {
        "119844e9cee8543f",
        "934e0218f7f23237",
        "721e9b778fb041c5",
        "43711af3fa932e38",
        "c193bb1c92f1f199",
    }
)
ENUMERATED = frozenset(
    {
        "434b98610153923d",
        "705107a415827e59",
        "1b71b330fc6184b6",
        "42ebcb006564485e",
        "dd7e201c58feddc9",
        "946aadd50d1e3d9e",
    }
)


def fields(case: Case) -> set[str]:
    """The paths of what is wrong, without indexes."""
    causes = case.get("expected", {}).get("causes", ())
    errors = case.get("errors") or [{"field": at} for at, *_ in causes]
    return {re.sub(r"\[\d+\]", "", each["field"]) for each in errors}


def given(case: Case) -> str:
    return json.dumps(case["input"])


LEFT_OUT = (
    LeftOut(
        "metadata is judged together with all else",
        lambda case: (
            case.get("stage") == "strategy"
            and case["input"]["kind"] == "Event"
            and not case["input"]["metadata"].get("name")
        ),
    ),
    LeftOut(
        "a path that quotes the request at length is cut",
        lambda case: any(len(path) > 200 for path in fields(case)),
    ),
    LeftOut(
        "what must be given is said to be missing, and its zero not to be in bounds",
        lambda case: case["id"] in ZERO_OF_REQUIRED,
    ),
    LeftOut(
        "the requirements of any selector have keys, and owners have names",
        lambda case: case["id"] in COMPLETE_PARTS,
    ),
    LeftOut(
        "of the second source of a metric or volume, what must be given must be given, too",
        lambda case: case["id"] in SECOND_SOURCES,
    ),
    LeftOut(
        "a path that quotes two names is written as a key",
        lambda case: any("{topologyKey, whenUnsatisfiable}" in path for path in fields(case)),
    ),
    LeftOut(
        "a volume that lacks what must be given can be mounted all the same",
        lambda case: case["id"] in ("80ec9322d5379003", "21685e37eaa3a652"),
    ),
    LeftOut(
        "that nothing of a job can be changed is told of its whole template",
        lambda case: case["id"] == "47e25225eccfdc9d",
    ),
)


def path_of(kind: str, api_version: str) -> str:
    """Where objects of a kind are, in a version."""
    return re.sub(r"^/apis/[^/]+/[^/]+", f"/apis/{api_version}", PATHS[kind])


@pytest.mark.parametrize("kind", PATHS)
def test_creates(kind: str, reference: Path, client: httpx.Client) -> None:
    team = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}}
    created(client, "/api/v1/namespaces", team)

    def wrong(case: Case) -> str:
        sent = case["input"]
        metadata = sent.get("metadata")
        namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
        path = path_of(kind, sent["apiVersion"])
        if namespace == "team-a":
            path = path.replace("/default/", "/team-a/")
        return judged(case, client.post(f"{path}?dryRun=All", json=sent), 201)

    cases = lines(reference / "fidelity" / f"validate-{kind}.jsonl")[::EACH]
    assert len(cases) > 90
    assert verdict(cases, wrong, LEFT_OUT) == []


def judged(case: Case, response: httpx.Response, good: int) -> str:
    errors = case.get("errors") or []
    code = 400 if "decodeError" in case else 422 if errors else good
    expected: dict[str, Any] = {"code": code}
    if code == 422:
        expected["causes"] = sorted({(each["field"], each["type"]) for each in errors})
    got = answered(response)
    if "causes" not in expected:
        del got["causes"]
    found = list(different(expected, got))
    return f"{found} {given(case)} {response.text[:600]}" if found else ""


UPDATES_LEFT_OUT = (
    *LEFT_OUT,
    LeftOut(
        "a write for another uid or another namespace is refused before it is judged",
        lambda case: (
            not case.get("errors")
            and any(
                case["input"]["metadata"].get(key)
                not in ("", None, case["old"]["metadata"].get(key))
                for key in ("uid", "namespace")
            )
        ),
    ),
    LeftOut(
        "an empty map is no change of an immutable ConfigMap that has none",
        lambda case: (
            case["input"]["kind"] == "ConfigMap"
            and fields(case) == {"binaryData"}
            and not case["input"].get("binaryData")
        ),
    ),
)


@pytest.mark.parametrize("kind", PATHS)
def test_updates(
    kind: str, reference: Path, client: httpx.Client, store: SqlStore, pipeline: Pipeline
) -> None:
    group = GroupVersion.parse(STORED.get(kind, "v1"))

    def wrong(case: Case) -> str:
        old, sent = case["old"], case["input"]
        metadata = old["metadata"]
        namespace = "" if kind == "namespace" else "default"
        data = pipeline.convert(json.dumps(old).encode(), group, trusted=True)
        resource = PATHS[kind].rpartition("/")[2]
        key = Key(group.group, resource, namespace, metadata["name"])
        version = store.write(
            Write("ADDED", key, str(group), data, None, uid=metadata["uid"])
        ).resource_version
        path = path_of(kind, old["apiVersion"])
        response = client.put(f"{path}/{key.name}?dryRun=All", json=sent)
        store.write(Write("DELETED", key, str(group), data, None, expected=version))
        return judged(case, response, 200)

    cases = lines(reference / "fidelity" / f"update-{kind}.jsonl")[::EACH]
    assert len(cases) > 25
    assert verdict(cases, wrong, UPDATES_LEFT_OUT) == []


PODS_LEFT_OUT = (
    LeftOut("privileges are not forbidden here", lambda case: case["id"] == "054d2831f55b26a5"),
    LeftOut(
        "enumerations and lists are judged by their fields, too",
        lambda case: case["id"] in ENUMERATED,
    ),
    LeftOut(
        "events of other namespaces than that of the request are refused before they are judged",
        lambda case: case["input"]["object"]["kind"] == "Event" and "path" not in case["input"],
    ),
    *LEFT_OUT,
)


@pytest.mark.parametrize("group", ["autoscaling", "batch", "core", "pod"])
def test_creates_of_peers(group: str, reference: Path, client: httpx.Client) -> None:
    """Those of the tables of Kubernetes' own tests, as a running server answers them."""
    there = {"default"}

    def wrong(case: Case) -> str:
        asked, expected = case["input"], case["expected"]
        namespace = re.findall("/namespaces/([^/]+)/", asked["path"])
        for name in {*namespace} - there:
            created(client, "/api/v1/namespaces", {"metadata": {"name": name}})
            there.add(name)
        response = client.post(asked["path"], json=asked["object"])
        got = answered(response)
        wanted: dict[str, Any] = {"code": expected["code"]}
        if expected["code"] == 422:
            wanted["causes"] = sorted({(at, why) for at, why, _ in expected["causes"]})
        else:
            del got["causes"]
        found = list(different(wanted, got))
        return f"{found} {given(case)} {response.text[:600]}" if found else ""

    cases = lines(reference / "peers" / f"validation_{group}.jsonl")
    cases = [case for case in cases if case["input"].get("verb") == "create"][:: 1 if LONG else 2]
    assert len(cases) > 20
    assert verdict(cases, wrong, PODS_LEFT_OUT) == []
