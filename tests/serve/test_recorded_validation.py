"""Creates of shipped kinds, judged as a kube-apiserver judged them."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.long import LONG
from fixtures.recorded import Case, LeftOut, lines, verdict
from serve.samples import CONFIGMAPS, HPAS, created
from serve.test_recorded_cases import answered, different

EVENTS = "/api/v1/namespaces/default/events"
PATHS = {
    "configmap": CONFIGMAPS,
    "secret": "/api/v1/namespaces/default/secrets",
    "event": EVENTS,
    "namespace": "/api/v1/namespaces",
    "horizontalpodautoscaler": HPAS,
}
CODES_ONLY = ("horizontalpodautoscaler",)
"""Kinds that are accepted or refused alike, though not always for the same fields."""

EACH = 1 if LONG else 4
"""One of so many cases is asked."""

LEFT_OUT = (
    LeftOut(
        "an event says what it is about, as its schema has it",
        lambda case: (
            case["input"]["kind"] == "Event"
            and case["input"].get("involvedObject") is None
            and "decodeError" not in case
        ),
    ),
    LeftOut(
        "an apiVersion has no spaces around it",
        lambda case: (
            case["input"]["kind"] == "HorizontalPodAutoscaler"
            and '"apiVersion": " apps/v1"' in json.dumps(case["input"].get("spec"))
            and case.get("errors") == []
        ),
    ),
    LeftOut(
        "the requirements of any selector have keys",
        lambda case: case["id"] in ("c56889a17635101a", "c87ce9a4d20d5387"),
    ),
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
        lambda case: any(len(each["field"]) > 200 for each in case.get("errors") or ()),
    ),
)


@pytest.mark.parametrize("kind", PATHS)
def test_creates(kind: str, reference: Path, client: httpx.Client) -> None:
    team = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}}
    created(client, "/api/v1/namespaces", team)

    def wrong(case: Case) -> str:
        sent, errors = case["input"], case.get("errors") or []
        metadata = sent.get("metadata")
        namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
        version = sent["apiVersion"].rpartition("/")[2]
        path = PATHS[kind].replace("autoscaling/v1", f"autoscaling/{version}")
        if namespace == "team-a":
            path = path.replace("/default/", "/team-a/")
        response = client.post(f"{path}?dryRun=All", json=sent)
        code = 400 if "decodeError" in case else 422 if errors else 201
        expected: dict[str, Any] = {"code": code}
        if code == 422 and kind not in CODES_ONLY:
            causes = {(each["field"], each["type"]) for each in errors}
            expected["causes"] = sorted(causes)
        got = answered(response)
        if "causes" not in expected:
            del got["causes"]
        found = list(different(expected, got))
        return f"{found} {json.dumps(sent)} {response.text[:600]}" if found else ""

    cases = lines(reference / "fidelity" / f"validate-{kind}.jsonl")[::EACH]
    assert len(cases) > 90
    assert verdict(cases, wrong, LEFT_OUT) == []
