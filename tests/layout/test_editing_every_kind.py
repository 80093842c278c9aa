"""Objects of every kind, in any layout, converted in place: what the conversion means."""

import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import kconv
from fixtures.long import LONG
from fixtures.recorded import lines
from kconv._codec import yaml as yaml_codec
from kconv._differences import differences
from kconv._gvk import GroupVersion
from kconv._scheme import load_scheme
from kconv.testing._strategies import documents
from layout.texts import Layout

SCHEME = load_scheme()

PAIRS = [
    ("extensions/v1beta1", "Ingress", "networking.k8s.io/v1"),
    ("networking.k8s.io/v1", "Ingress", "networking.k8s.io/v1beta1"),
    ("apps/v1beta1", "StatefulSet", "apps/v1"),
    ("autoscaling/v1", "HorizontalPodAutoscaler", "autoscaling/v2"),
    ("autoscaling/v2", "HorizontalPodAutoscaler", "autoscaling/v1"),
    ("policy/v1beta1", "PodDisruptionBudget", "policy/v1"),
    ("batch/v1beta1", "CronJob", "batch/v1"),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", "discovery.k8s.io/v1"),
]


def check(value: dict[str, Any], version: str, choose: Callable[[Sequence[Any]], Any]) -> bool:
    """Convert a value in place; whether it could be converted at all."""
    text = Layout(choose).text(value)
    try:
        if yaml_codec.decode_all(text.encode()) != [value]:
            return False  # its texts need more care than the layout takes
        found = kconv.convert(text, version, scheme=SCHEME)
    except kconv.KconvError:
        return False
    (file,) = found.files
    edited = file.edit().data.decode()
    if not file.changed:
        assert edited == text
        return False
    (read,) = yaml_codec.decode_all(edited.encode())
    assert list(yaml.load_all(edited, Loader=yaml.CSafeLoader)) == [read]
    assert set(re.findall(r"# c\d+", edited)) == set(re.findall(r"# c\d+", text))
    try:
        full = kconv.convert(json.dumps(file.documents[0]), version, scheme=SCHEME).documents[0]
    except kconv.KconvError:
        return False  # the conversion makes what the other version refuses
    one = kconv.convert(json.dumps(read), version, scheme=SCHEME).documents[0]
    assert list(differences(one, full)) == []
    return True


@pytest.mark.parametrize(("version", "kind", "to"), PAIRS)
def test_any_object(version: str, kind: str, to: str) -> None:
    spoke = SCHEME.spoke(GroupVersion.parse(version).kind(kind))

    @settings(
        max_examples=40 if LONG else 6, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )  # fmt: skip
    @given(documents(spoke, deepest=4), st.randoms(use_true_random=False))
    def property_of(value: dict[str, Any], chance: random.Random) -> None:
        check(value, to, chance.choice)

    property_of()


def test_recorded_manifests(reference: Path) -> None:
    chance = random.Random(11)
    converted = 0
    for path in sorted((reference / "fidelity").glob("convert-*.jsonl")):
        cases = [
            case
            for case in lines(path)
            if case["sort"] in ("manifest", "person")
            and case["input"].get("apiVersion") != case["outputVersion"]
        ]
        for case in chance.sample(cases, min(len(cases), 40)):
            converted += check(case["input"], case["outputVersion"], chance.choice)
    assert converted > 80
