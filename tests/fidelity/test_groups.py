"""Conversion, defaults and refusals as Kubernetes' own scheme has them, whole files of cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from fidelity.conftest import IsRegistered
from fixtures.comparing import sparse, unmanaged
from fixtures.long import LONG
from fixtures.recorded import Case, LeftOut, lines, unlike, verdict
from kconv import GroupVersion, Pipeline
from kconv._errors import ConversionError, DecodeError, KconvError

SHIPPED = ("batch", "autoscaling", "core")
"""The groups of which all cases are looked at; every n-th of others, but in long runs."""

OTHERS = (
    "admissionregistration", "apps", "authentication", "authorization", "certificates",
    "coordination", "discovery", "flowcontrol", "imagepolicy", "internal", "networking", "node",
    "policy", "rbac", "resource", "scheduling", "storage", "storagemigration",
)  # fmt: skip
GROUPS = (*SHIPPED, *OTHERS)
EVERY = {group: 1 if LONG else 3 if group in SHIPPED else 7 for group in GROUPS}
"""One of so many cases is tried."""

HUGE = "3000000000000000000000"


def lacks_of_rbd(value: Case) -> bool:
    """Whether an attachment of v1alpha1 has an RBD volume that leaves something out."""
    if (value["apiVersion"], value["kind"]) != ("storage.k8s.io/v1alpha1", "VolumeAttachment"):
        return False
    source = (value.get("spec") or {}).get("source") or {}
    rbd = (source.get("inlineVolumeSpec") or {}).get("rbd")
    return rbd is not None and not all(rbd.get(name) for name in ("keyring", "pool", "user"))


LEFT_OUT = (
    LeftOut(
        "Kubernetes 1.36 writes 3000 E, for which there is no suffix, as 3; later ones as 3e21",
        lambda case: HUGE in json.dumps(case["input"]),
    ),
    LeftOut(
        "a volume within an attachment has its defaults in every version, not from v1beta1 on",
        lambda case: lacks_of_rbd(case["input"]),
    ),
)


def cases(reference: Path, what: str, group: str) -> list[Case]:
    """Those of a group that this run tries."""
    path = reference / "fidelity" / f"{what}-{group}.jsonl"
    found = lines(path) if path.exists() else []
    return found[:: EVERY[group]]


def test_every_file_is_looked_at(reference: Path) -> None:
    names = {path.stem for path in (reference / "fidelity").glob("*.jsonl")}
    looked_at = {f"{what}-{group}" for what in ("convert", "default", "refuse") for group in GROUPS}
    assert {name for name in names if not name.startswith(("update-", "validate-"))} <= looked_at


def test_every_kind_is_there(reference: Path, is_registered: IsRegistered) -> None:
    kinds = {
        (version, case["input"]["kind"])
        for path in (reference / "fidelity").glob("convert-*.jsonl")
        for case in lines(path)
        for version in (case["input"]["apiVersion"], case["outputVersion"])
    }
    assert [kind for kind in sorted(kinds) if not is_registered(*kind)] == []


def converted(pipeline: Pipeline, case: Case) -> Any:
    """The object in its output version; what was fuzzed lacks what only validation asks for."""
    data = json.dumps(case["input"]).encode()
    return json.loads(
        pipeline.convert(data, GroupVersion.parse(case["outputVersion"]), trusted=True)
    )


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("what", ["convert", "default"])
def test_converts_as_kubernetes_does(
    what: str, group: str, reference: Path, pipeline: Pipeline
) -> None:
    def wrong(case: Case) -> list[str]:
        expected = {"metadata": {}, **case["output"]}
        return list(unlike(unmanaged(converted(pipeline, case)), unmanaged(expected)))

    found = cases(reference, what, group)
    assert verdict(found, wrong, LEFT_OUT) == []


@pytest.mark.parametrize("group", GROUPS)
def test_refuses_what_kubernetes_refuses(group: str, reference: Path, pipeline: Pipeline) -> None:
    def wrong(case: Case) -> str:
        try:
            decoded = pipeline.decode(json.dumps(case["input"]).encode())
            if "parse selector" in case["error"]:  # which is found when the object is converted
                pipeline.convert_decoded(decoded, GroupVersion.parse(case["outputVersion"]))
        except ConversionError as error:
            return "" if "parse selector" in case["error"] else f"does not convert: {error}"
        except DecodeError as error:
            return "" if error.findings else f"names no field: {error}"
        except KconvError as error:
            return f"decodes, though {case['error']}; {error}"
        return f"decodes, though {case['error']}"

    assert verdict(cases(reference, "refuse", group), wrong, ()) == []


@pytest.mark.parametrize("group", GROUPS)
def test_the_version_it_has_by_way_of_the_hub(
    group: str, reference: Path, pipeline: Pipeline
) -> None:
    """Converting an object to the version that it has is what going to the hub and back gives."""

    def wrong(case: Case) -> list[str]:
        data = json.dumps(case["input"]).encode()
        decoded = pipeline.decode(data, trusted=True)
        back = pipeline.from_hub(pipeline.to_hub(decoded), decoded.spoke)
        own = {**case, "outputVersion": case["input"]["apiVersion"]}
        return list(unlike(sparse(converted(pipeline, own)), sparse(pipeline.dump(back))))

    for what in ("convert", "default"):
        found = cases(reference, what, group)
        assert verdict(found, wrong, ()) == []
