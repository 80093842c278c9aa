"""Conversion, defaults and refusals as Kubernetes' own scheme has them, whole files of cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from fidelity.conftest import IsRegistered
from fixtures.comparing import sparse, unmanaged
from fixtures.recorded import Case, LeftOut, lines, unlike, verdict
from kconv import GroupVersion, Pipeline
from kconv._errors import DecodeError, KconvError

GROUPS = ("batch", "autoscaling", "core")

HUGE = "3000000000000000000000"

LEFT_OUT = (
    LeftOut(
        "Kubernetes 1.36 writes 3000 E, for which there is no suffix, as 3; later ones as 3e21",
        lambda case: HUGE in json.dumps(case["input"]),
    ),
)


def cases(reference: Path, name: str, is_registered: IsRegistered) -> list[Case]:
    """Those of kinds that both versions have here."""
    found = [
        case
        for case in lines(reference / "fidelity" / f"{name}.jsonl")
        if is_registered(case["input"]["apiVersion"], case["input"]["kind"])
        and is_registered(case["outputVersion"], case["input"]["kind"])
    ]
    assert len(found) > 10, "the file of the group has next to no cases"
    return found


def converted(pipeline: Pipeline, case: Case) -> Any:
    """The object in its output version; what was fuzzed lacks what only validation asks for."""
    data = json.dumps(case["input"]).encode()
    return json.loads(
        pipeline.convert(data, GroupVersion.parse(case["outputVersion"]), trusted=True)
    )


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("what", ["convert", "default"])
def test_converts_as_kubernetes_does(
    what: str, group: str, reference: Path, pipeline: Pipeline, is_registered: IsRegistered
) -> None:
    def wrong(case: Case) -> list[str]:
        expected = {"metadata": {}, **case["output"]}
        return list(unlike(unmanaged(converted(pipeline, case)), unmanaged(expected)))

    found = cases(reference, f"{what}-{group}", is_registered)
    assert verdict(found, wrong, LEFT_OUT) == []


@pytest.mark.parametrize("group", GROUPS)
def test_refuses_what_kubernetes_refuses(
    group: str, reference: Path, pipeline: Pipeline, is_registered: IsRegistered
) -> None:
    def wrong(case: Case) -> str:
        try:
            pipeline.decode(json.dumps(case["input"]).encode())
        except DecodeError as error:
            return "" if error.findings else f"names no field: {error}"
        except KconvError as error:
            return f"decodes, though {case['error']}; {error}"
        return f"decodes, though {case['error']}"

    assert verdict(cases(reference, f"refuse-{group}", is_registered), wrong, ()) == []


@pytest.mark.parametrize("group", GROUPS)
def test_the_version_it_has_by_way_of_the_hub(
    group: str, reference: Path, pipeline: Pipeline, is_registered: IsRegistered
) -> None:
    """Converting an object to the version that it has is what going to the hub and back gives."""

    def wrong(case: Case) -> list[str]:
        data = json.dumps(case["input"]).encode()
        decoded = pipeline.decode(data, trusted=True)
        back = pipeline.from_hub(pipeline.to_hub(decoded), decoded.spoke)
        own = {**case, "outputVersion": case["input"]["apiVersion"]}
        return list(unlike(sparse(converted(pipeline, own)), sparse(pipeline.dump(back))))

    for what in ("convert", "default"):
        found = cases(reference, f"{what}-{group}", is_registered)
        assert verdict(found, wrong, ()) == []
