"""What a client is told of a webhook's answer is what kube-apiserver told it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kconv._crds.answers import ConversionRefused, objects_of


def body_of(response: dict[str, Any]) -> bytes:
    body = response.get("body")
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


OWN_WORDS = {
    # Those of Go's decoder, which name its types and files.
    "868-bad-not-json-get", "892-bad-review-v2-answer-get", "893-bad-review-kind-wrong-get",
    "854-bad-kind-absent-get", "894-bad-review-no-type-meta-get", "869-bad-empty-body-get",
}  # fmt: skip


def test_every_recorded_answer(reference: Path) -> None:
    """Of requests that need one review, so that what the client was told is about it."""
    counts = {True: 0, False: 0}
    for file in sorted((reference / "conversion").glob("*-get.webhook.json")):
        exchange = file.with_name(file.name.replace(".webhook.json", ".json"))
        calls, told = json.loads(file.read_text()), json.loads(exchange.read_text())
        answer = told.get("response")
        if not answer or not isinstance(answer["body"], dict):
            continue
        said = [
            refused_with(each["request"]["body"], each["response"])
            for each in calls
            if "body" in (each.get("response") or {})
        ]
        if len(said) != len(calls):
            continue  # one was cut off
        refused = [each for each in said if each is not None]
        assert bool(refused) == (answer["status"] == 500), f"{file.name}: {refused}"
        counts[bool(refused)] += 1
        if refused and exchange.stem not in OWN_WORDS:
            assert answer["body"]["message"] in refused, file.name
            assert "reason" not in answer["body"]
    assert counts[True] > 20
    assert counts[False] > 10


def refused_with(review: dict[str, Any], response: dict[str, Any]) -> str | None:
    try:
        objects_of(review, response["status"], body_of(response))
    except ConversionRefused as error:
        return error.message
    return None
