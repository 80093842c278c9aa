"""What a conversion loses is said before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

from cli.samples import Ended, Kconv

PLAIN = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  maxReplicas: 5
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}
  - type: Resource
    resource: {name: memory, target: {type: AverageValue, averageValue: 500Mi}}
"""
LOSSY = PLAIN.replace("averageValue: 500Mi", "averageValue: 500Mi, value: 7")


def test_says_what_is_lost(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(LOSSY)
    ended = kconv("convert", "-f", "a.yaml", "--output-version", "autoscaling/v1")
    assert ended.code == 0
    assert "HorizontalPodAutoscaler shop/web" in ended.err
    assert 'spec.metrics[1].resource.target.value: "7" would be lost' in ended.err
    assert "would be lost; autoscaling/v1 cannot hold it" in ended.err


def test_strict_writes_nothing(kconv: Kconv, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(LOSSY)
    ended = kconv(
        "convert", "-f", "a.yaml", "--output-version", "autoscaling/v1", "--strict", "--in-place"
    )
    assert (ended.code, ended.out) == (1, "")
    assert "spec.metrics[1].resource.target.value" in ended.err
    assert path.read_text() == LOSSY


def test_what_annotations_keep_is_not_lost(kconv: Kconv, tmp_path: Path) -> None:
    lines = PLAIN.splitlines(keepends=True)
    (tmp_path / "a.yaml").write_text("".join([*lines[:-4], *lines[-2:], *lines[-4:-2]]))
    ended = kconv("convert", "-f", "a.yaml", "--output-version", "autoscaling/v1", "--strict")
    assert (ended.code, ended.err) == (0, "")


def test_an_order_that_does_not_come_back_is_lost(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(PLAIN)
    ended = kconv("convert", "-f", "a.yaml", "--output-version", "autoscaling/v1", "--strict")
    assert ended.code == 1
    assert "spec.metrics: its elements would come back in another order; " in ended.err
    assert "autoscaling/v1 cannot hold it: the target of" in ended.err


def test_ledger(kconv: Kconv) -> None:
    text = kconv("versions", "--loss")
    assert text.code == 0
    assert "kept in autoscaling.alpha.kubernetes.io/metrics" in text.out
    assert "lost is the order of the elements: " in text.out
    assert "(order)" not in text.out
    assert "(zero)" not in text.out
    assert "batch" not in text.out
    assert max(map(len, text.out.splitlines())) <= 80
    ended = kconv("versions", "--loss", "-o", "json")
    lossless = [row for row in json.loads(ended.out)["conversions"] if not row["losses"]]
    assert text.out.endswith(f"{len(lossless)} other conversions lose nothing\n")
    rows = {(row["from"], row["to"]): row["losses"] for row in json.loads(ended.out)["conversions"]}
    assert rows["batch/v1 CronJob", "batch/v1beta1 CronJob"] == []
    hpa = rows["autoscaling/v2 HorizontalPodAutoscaler", "autoscaling/v1 HorizontalPodAutoscaler"]
    assert all(loss["keptIn"] or loss["reason"] for loss in hpa)


def test_strict_goes_by_the_defaults_of_the_version(kconv: Kconv) -> None:
    def convert(spec: str) -> Ended:
        text = f"{{apiVersion: example.com/v2, kind: Sheet, metadata: {{name: s}}, spec: {spec}}}"
        options = ("--output-version", "example.com/v1", "--strict")
        api = "engine.test_loss:register"
        return kconv("convert", "-f", "-", "--apis", api, *options, stdin=text)

    ended = convert("{enabled: false}")
    assert (ended.code, ended.out) == (1, "")
    said = "spec.enabled: false would become true; example.com/v1 cannot hold it: v1 is old"
    assert said in ended.err
    ended = convert("{a: z}")
    assert (ended.code, ended.err) == (0, "")


def test_an_object_is_named_once(kconv: Kconv, tmp_path: Path) -> None:
    """Where the rule names it, and so does who converts the file."""
    (tmp_path / "tanks.py").write_text(
        "from kconv import ConversionError, Edge, Functions, Resource, hub_of\n"
        "def no(source, target):\n    raise ConversionError('spec: no')\n"
        "def made(of):\n"
        "    meta = {'group': 'tanks.example.com', 'version': of, 'kind': 'Tank'}\n"
        "    return type('Tank' + of, (Resource,), {'Meta': type('Meta', (), meta)})\n"
        "V2, V1, V1beta1 = map(made, ('v2', 'v1', 'v1beta1'))\n"
        "def register(scheme):\n"
        "    rule = Functions(to_hub=no, to_spoke=no)\n"
        "    edges = Edge(V2), Edge(V1, rule), Edge(V1beta1, via=V1)\n"
        "    scheme.add(hub_of(V2), *edges, storage='tanks.example.com/v2')\n"
    )
    tank = "{apiVersion: tanks.example.com/v1beta1, kind: Tank, metadata: {name: hall}}"
    options = ("--apis", "tanks:register", "--output-version", "tanks.example.com/v2")
    ended = kconv("convert", "-f", "-", *options, stdin=tank)
    assert ended.code == 1
    assert ended.err.count("tanks.example.com/v1beta1 Tank hall: ") == 1, ended.err
    assert "by way of tanks.example.com/v1: spec: no" in ended.err
