"""Reading protobuf: the recorded envelopes say the same as the JSON beside them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kconv._errors import DecodeError
from kconv._serve.protobuf import decode_object
from kconv._serve.protobuf.messages import table

KINDS = [
    "core.v1.Namespace",
    "core.v1.ConfigMap",
    "core.v1.Secret",
    "core.v1.Event",
    "batch.v1.CronJob",
    "batch.v1.Job",
    "batch.v1beta1.CronJob",
    "autoscaling.v1.HorizontalPodAutoscaler",
    "autoscaling.v2.HorizontalPodAutoscaler",
]
# Fields of releases after 1.36, whose numbers are not in the record.
NEWER = {
    "bindMountOptions",
    "defaultUser",
    "evictionResponders",
    "mode",
    "observedGeneration",
    "protocol",
    "scheduling",
    "user",
}


def missing(expected: Any, given: Any, path: str = "") -> list[str]:
    if isinstance(expected, dict) and isinstance(given, dict):
        found = []
        for key, value in expected.items():
            if key not in given:
                found.append(f"{path}.{key}")
            else:
                found += missing(value, given[key], f"{path}.{key}")
        return found + [f"{path}.{key} too much" for key in given.keys() - expected.keys()]
    if isinstance(expected, list) and isinstance(given, list) and len(expected) == len(given):
        pairs = enumerate(zip(expected, given, strict=True))
        return [each for at, (a, b) in pairs for each in missing(a, b, f"{path}[{at}]")]
    return [] if expected == given else [f"{path}: {expected!r} != {given!r}"]


@pytest.mark.parametrize("kind", KINDS)
def test_recorded_object(reference: Path, kind: str) -> None:
    folder = reference / "serialization"
    expected = json.loads((folder / f"{kind}.json").read_text())
    given = decode_object((folder / f"{kind}.pb").read_bytes())
    differing = missing(expected, given)
    assert [each for each in differing if each.rpartition(".")[2] not in NEWER] == []


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"k8s\x00\xff", b"k8s\x00\x0a\x05ab", b"k8s\x00\x0a\x02\x0a\x00\x12\x00"],
)
def test_not_an_envelope(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_object(data)


def test_field_numbers_are_those_on_record(reference: Path) -> None:
    tool = Path(__file__).parents[2] / "tools" / "write-protobuf"
    command = [sys.executable, str(tool), str(reference / "protobuf.json")]
    written = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert json.loads(written) == table()
    container = {name for name, _ in table()["core.v1.Container"].values()}
    assert {"restartPolicyRules", "resizePolicy"} <= container
