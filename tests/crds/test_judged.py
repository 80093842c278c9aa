"""What is made of values of a structural schema, and what is said of them, by Kubernetes 1.36.4.

``judged.jsonl`` has an answer of its API server on each line: the ``schema`` of ``spec``, a
``value``, and what was ``made`` of it or ``said`` of it (path, reason, message); and the fields
that are ``unknown``, as a strict request is told. Paths are written in three ways there: by what
judges schemas (``spec.map.key``), by what judges lists, embedded objects and rules
(``spec.map[key]``), and behind the path of a rule (``spec.map.[key]``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kconv._paths import format_path
from kconv._pipeline.fallback import Fallbacks
from kconv._structural import Version, structural_kind
from kconv._structural.engine import StructuralEngine

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("judged.jsonl").read_text("utf-8").splitlines()
]
LEFT_OUT = {
    "embedded types in map": "refused with 422 by path, not with 400 in a text",
    "embedded null kind": "refused with 422 by path, not with 400 in a text",
    "embedded metadata in map": "metadata of embedded objects is pruned, and not judged",
    "embedded metadata label": "metadata of embedded objects is pruned, and not judged",
    "set numbers": "1 and 1.0 are the same number",
}
NAMES = {"plural": "judged", "kind": "Judged"}


def judged(case: dict[str, Any]) -> dict[str, Any]:
    """What the engine of the server makes and says of a case."""
    schema = {"type": "object", "properties": {"spec": case["schema"]}}
    kind = structural_kind(
        group="example.com", names=NAMES, namespaced=False, storage="v1",
        versions=[Version(name="v1", schema=schema)], convert=lambda values, _: list(values),
    )  # fmt: skip
    engine, spoke = StructuralEngine(Fallbacks()), kind.spokes[0]
    head = {"apiVersion": "example.com/v1", "kind": "Judged", "metadata": {"name": "x"}}
    raw = {**head, "spec": case["value"]}
    value = engine.decode(spoke, raw)
    found = sorted(
        f"{format_path(each.path)}: {each.reason.removeprefix('FieldValue')}: {each.message}"
        for each in engine.check(spoke, value, "all")
    )
    unknown = [format_path(each) for each in engine.unknown(spoke, raw)]
    made: dict[str, Any] = {"said": found} if found else {"made": value["spec"]}
    return {**made, "unknown": unknown} if unknown else made


@pytest.mark.parametrize("case", [pytest.param(each, id=each["case"]) for each in CASES])
def test_values_are_judged_as_kubernetes_does(case: dict[str, Any]) -> None:
    said = {key: case[key] for key in ("made", "said", "unknown") if key in case}
    assert (judged(case) == said) is (case["case"] not in LEFT_OUT), judged(case)


def test_those_that_are_left_out_are_there() -> None:
    assert {*LEFT_OUT} <= {each["case"] for each in CASES}
