"""Conversions that Kubernetes' own code made, of sparse and of full objects."""

import json
from pathlib import Path

import pytest

from fixtures.comparing import unmanaged
from fixtures.reference import REFERENCE
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline

CASES = sorted((REFERENCE / "convert").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_agrees_with_kubernetes(path: Path, pipeline: Pipeline) -> None:
    case = json.loads(path.read_text())
    data = json.dumps(case["input"]).encode()
    to = GroupVersion.parse(case["outputVersion"])
    trusted = path.name.startswith("fixture-")
    converted = json.loads(pipeline.convert(data, to, trusted=trusted))
    assert unmanaged(converted) == unmanaged({"metadata": {}, **case["output"]})


def test_there_are_cases(reference: Path) -> None:
    assert len(CASES) == 119, f"in {reference}"
