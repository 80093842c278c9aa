"""Requests of other projects' tests, with what a kube-apiserver answered to each."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from fixtures.recorded import Case, LeftOut, lines, verdict
from serve.samples import CONFIGMAPS, CRONJOBS, MERGE, configmap, created, cronjob

QUOTED = re.compile(r'299 - ("(?:[^"\\]|\\.)*")')
TYPES = {"json": "application/json", "yaml": "application/yaml"}


def warnings(response: httpx.Response) -> list[str]:
    """The texts of the Warning headers (RFC 7234, 5.5)."""
    found = response.headers.get_list("warning")
    return [json.loads(each) for text in found for each in QUOTED.findall(text)]


def answered(response: httpx.Response) -> dict[str, Any]:
    """What of an answer is compared: code, reason, and field and reason of each cause."""
    body = response.json()
    is_refused = response.status_code >= 300
    causes = (body.get("details") or {}).get("causes", []) if is_refused else []
    return {
        "code": response.status_code,
        "reason": body.get("reason") if is_refused else None,
        "causes": sorted({(each.get("field"), each["reason"]) for each in causes}),
    }


def different(expected: dict[str, Any], got: dict[str, Any]) -> Iterator[str]:
    for key, value in got.items():
        if key in expected and expected[key] != value:
            yield f"{key} is {value!r}, not {expected[key]!r}"


FIELDS_LEFT_OUT = (
    LeftOut(
        "repeated keys of YAML are told by their path, as those of JSON are",
        lambda case: (
            case["input"].get("format") == "yaml"
            and "already set in map" in str(case["expected"].get("warnings"))
        ),
    ),
    LeftOut(
        "what follows a document in YAML must be YAML, too",
        lambda case: (
            case["input"].get("format") == "yaml"
            and case["input"]["case"] in ("trailing data", "second object")
        ),
    ),
    LeftOut(
        "a body that is null or an empty stream of documents is no object",
        lambda case: case["expected"]["code"] == 422 and case["input"].get("body") in ("", "null"),
    ),
    LeftOut(
        "a key that the value of a JSON patch repeats is told once",
        lambda case: case["input"]["case"] == "json duplicate value",
    ),
)


def test_field_validation(reference: Path, client: httpx.Client) -> None:
    pod = {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}
    template = {"spec": {"template": {"spec": pod}}}
    spec = {"schedule": "0 * * * *", "jobTemplate": template}
    created(client, CRONJOBS, {**cronjob("fv"), "spec": spec})

    def wrong(case: Case) -> str:
        given, expected = case["input"], case["expected"]
        query = {"dryRun": "All", "fieldValidation": given["fieldValidation"]}
        body = given.get("body", json.dumps(cronjob("other")))
        if "patch" in given:
            media_type = f"application/{given['patch']}+json"
            headers = {"Content-Type": media_type}
            response = client.patch(f"{CRONJOBS}/fv", content=body, params=query, headers=headers)
        else:
            body = body.replace('"fv"', '"other"').replace("name: fv", "name: other")
            headers = {"Content-Type": TYPES[given.get("format", "json")]}
            response = client.post(CRONJOBS, content=body, params=query, headers=headers)
        got = answered(response)
        del got["causes"]
        if "warnings" in expected:
            expected = {**expected, "warnings": sorted(map(json.loads, expected["warnings"]))}
            got["warnings"] = sorted(warnings(response))
        found = list(different(expected, got))
        return f"{given}: {found} {response.json().get('message')}" if found else ""

    cases = lines(reference / "peers" / "field_validation_http.jsonl")
    assert len(cases) > 190
    assert verdict(cases, wrong, FIELDS_LEFT_OUT) == []


def test_metadata(reference: Path, client: httpx.Client) -> None:
    created(client, CONFIGMAPS, configmap("do"))
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "foo"}}
    created(client, "/api/v1/namespaces", namespace)

    def wrong(case: Case) -> str:
        given, expected = case["input"], case["expected"]
        verb, path = given["verb"], given["path"]
        if verb == "DELETE":
            path += "?dryRun=All"
        headers = {"Content-Type": MERGE if verb == "PATCH" else "application/json"}
        content = json.dumps(given["object"])
        response = client.request(verb, path, content=content, headers=headers)
        got = answered(response)
        causes = sorted({(field, reason) for field, reason, _ in expected.get("causes", [])})
        found = list(different({**expected, "causes": causes}, got))
        return f"{verb} {given['path']} {content}: {found}" if found else ""

    cases = lines(reference / "peers" / "metadata_http.jsonl")
    cases = [case for case in cases if "path" in case["input"]]
    assert len(cases) > 480
    assert verdict(cases, wrong, ()) == []


def test_options_of_lists_and_watches(reference: Path, client: httpx.Client) -> None:
    def wrong(case: Case) -> str:
        given, expected = case["input"], case["expected"]
        response = client.get(CONFIGMAPS, params=given["options"])
        errors = expected.get(
            "errors", [f"{path}: {text}" for path, _, text in expected.get("causes", [])]
        )
        causes = response.json()["details"]["causes"] if response.status_code == 422 else []
        got = [f"{each['field']}: {each['message']}" for each in causes]
        return "" if got == errors else f"{given['options']}: {got}, not {errors}"

    cases = lines(reference / "peers" / "metadata_http.jsonl")
    cases = [case for case in cases if "options" in case["input"] and "type" not in case["input"]]
    assert len(cases) == 6
    assert verdict(cases, wrong, ()) == []
