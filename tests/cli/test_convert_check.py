"""``kconv convert --check`` and ``--target``: what a release does not serve."""

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from cli.samples import Kconv
from cli.test_loss import LOSSY
from kconv._errors import NotRegistered
from kconv._files.releases import Releases
from kconv._gvk import GroupVersion
from kconv._scheme import load_scheme
from kconv_schemas.releases import NEWEST, RELEASES

MANIFESTS = """\
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: web, namespace: shop}
spec: {defaultBackend: {}, backend: {serviceName: web, servicePort: 80}}
---
# a list
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: c}
- kind: CronJob
  apiVersion: batch/v1beta1
  metadata: {name: j}
  spec:
    schedule: "* * * * *"
    jobTemplate:
      spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: d
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"extensions/v1beta1","kind":"Deployment","metadata":{"name":"d"}}
  managedFields:
  - {apiVersion: apps/v1beta1, manager: x}
spec:
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}
---
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: psp}
"""


def outdated(kconv: Kconv, *arguments: str) -> list[tuple[int, str, str, str, str, str]]:
    ended = kconv("convert", "--check", "-o", "json", "-f", ".", *arguments)
    found = json.loads(ended.out)["outdated"]
    assert ended.code == (1 if any(each["fails"] for each in found) else 0)
    names = ("line", "kind", "version", "to", "removed", "where")
    return [tuple(each[name] for name in names) for each in found]


def test_what_is_where(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MANIFESTS)
    assert outdated(kconv) == [
        (1, "Ingress", "networking.k8s.io/v1beta1", "networking.k8s.io/v1 Ingress", "1.22",
         "manifest"),
        (14, "CronJob", "batch/v1beta1", "batch/v1 CronJob", "1.25", "manifest"),
        (26, "Deployment", "extensions/v1beta1", "apps/v1 Deployment", "1.16", "last-applied"),
        (28, "Deployment", "apps/v1beta1", "apps/v1 Deployment", "1.16", "managedFields"),
        (34, "PodSecurityPolicy", "policy/v1beta1", "", "1.25", "manifest"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("target", "kinds"),
    [
        ("1.14", ["CronJob"]),
        ("1.21", ["Deployment", "Deployment"]),
        ("v1.22", ["Ingress", "Deployment", "Deployment"]),
        ("1.25", ["Ingress", "CronJob", "Deployment", "Deployment", "PodSecurityPolicy"]),
    ],
)
def test_releases_differ(kconv: Kconv, tmp_path: Path, target: str, kinds: list[str]) -> None:
    text = MANIFESTS if target != "1.14" else MANIFESTS.replace("batch/v1beta1", "batch/v1")
    (tmp_path / "a.yaml").write_text(text)
    assert [each[1] for each in outdated(kconv, "--target", target)] == kinds


def test_only_what_a_release_does_not_serve_is_converted(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MANIFESTS)
    ended = kconv("convert", "-f", ".", "--target", "1.22", "--in-place")
    assert ended.code == 0, ended.err
    text = (tmp_path / "a.yaml").read_text()
    assert "apiVersion: networking.k8s.io/v1\n" in text
    assert "apiVersion: batch/v1beta1" in text
    (tmp_path / "a.yaml").write_text(LOSSY)
    # autoscaling/v2 comes with 1.23, and before that there is autoscaling/v1.
    assert outdated(kconv, "--target", "1.20")[0][3] == "autoscaling/v1 HorizontalPodAutoscaler"
    assert outdated(kconv) == []


def test_a_kind_that_a_release_does_not_serve_at_all_is_named(kconv: Kconv, tmp_path: Path) -> None:
    """It is left as it is, and not said to be in a version that is served."""
    rules = ", ".join(
        f"{name}: {{rule: RunAsAny}}"
        for name in ("fsGroup", "runAsUser", "seLinux", "supplementalGroups")
    )
    (tmp_path / "a.yaml").write_text(
        "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: strict}\n"
        f"spec: {{{rules}}}\n"
    )
    left = "policy/v1beta1 PodSecurityPolicy strict: Kubernetes 1.25 serves no version of it"
    left += "; left in policy/v1beta1"
    ended = kconv("convert", "-f", ".", "--target", "1.25", "--in-place")
    assert (ended.code, ended.err) == (0, f"warning: a.yaml: {left}\n")
    served = kconv("convert", "-f", ".", "--target", "1.24", "--in-place")
    assert (served.code, served.err) == (0, "1 file already in that version\n")
    (tmp_path / "b.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    beside = kconv("convert", "-f", ".", "--target", "1.25", "--in-place")
    assert beside.err == f"warning: a.yaml: {left}\n1 file already in that version\n"


def test_what_would_be_lost_is_told(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(LOSSY)
    ended = kconv("convert", "--check", "-f", ".", "--target", "1.20")
    assert ended.code == 1
    assert "cannot hold spec.metrics[1].resource.target.value" in ended.out
    assert "not there yet" in ended.out


def test_text_for_people(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MANIFESTS)
    ended = kconv("convert", "--check", "-f", ".")
    header, first, *_ = ended.out.splitlines()
    assert header.split("  ")[0] == "WHERE"
    assert first.split() == [
        "a.yaml:1", "Ingress", "shop/web", "networking.k8s.io/v1beta1", "networking.k8s.io/v1",
        "1.22",
    ]  # fmt: skip
    assert ": 4 in versions that Kubernetes 1.36 does not serve\n" in ended.err
    assert "`kconv convert -f . --in-place --target 1.36` converts 2" in ended.err
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
    good = kconv("convert", "--check", "-f", ".")
    assert (good.code, good.out) == (0, "")
    assert good.err == "Kubernetes 1.36 serves everything: 1 object in 1 file\n"


def test_for_ci(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a,b.yaml").write_text(MANIFESTS)
    github = kconv("convert", "--check", "-f", ".", "-o", "github").out.splitlines()
    assert github[0] == (
        "::error file=a%2Cb.yaml,line=1,title=kconv::Ingress shop/web is in "
        "networking.k8s.io/v1beta1, removed in 1.22; use networking.k8s.io/v1 Ingress"
    )
    assert [line.split()[0] for line in github].count("::notice") == 1
    junit = Xml.fromstring(kconv("convert", "--check", "-f", ".", "-o", "junit").out.encode())
    assert (junit.get("tests"), junit.get("failures")) == ("4", "4")
    assert [case.get("classname") for case in junit.iter("testcase")] == ["a,b.yaml"] * 4


def test_what_is_passed_over_is_looked_at_too(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: x\n")
    text = "{{- if .Values.a }}\n" + MANIFESTS
    (tmp_path / "templates/a.yaml").write_text(text)
    found = outdated(kconv)
    assert [each[0] for each in found] == [2, 35]
    assert {each[5] for each in found} == {"a template of Helm"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--check", "--in-place"],
        ["--check", "--output-version", "apps/v1"],
        ["--check", "--target", "soon"],
        ["-o", "junit"],
        ["--target", "1.25", "--output-version", "apps/v1"],
        ["--diff", "-o", "json"],
    ],
)
def test_wrong_command(kconv: Kconv, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "a.yaml").write_text(MANIFESTS)
    ended = kconv("convert", "-f", "a.yaml", *arguments)
    assert (ended.code, ended.out) == (2, "")


def test_differences_are_shown_and_nothing_is_written(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MANIFESTS)
    ended = kconv("convert", "-f", ".", "--target", "1.25", "--diff")
    assert ended.code == 0
    assert ended.out.startswith("--- a/a.yaml\n+++ b/a.yaml\n@@ ")
    assert (
        "-apiVersion: networking.k8s.io/v1beta1\n+apiVersion: networking.k8s.io/v1\n" in ended.out
    )
    assert "\033" not in ended.out
    assert (tmp_path / "a.yaml").read_text() == MANIFESTS


def test_what_versions_say_of_themselves_is_what_releases_say() -> None:
    releases = Releases()
    assert releases.target == NEWEST == "1.36"
    scheme = load_scheme()
    known = 0
    for version, kinds in RELEASES.items():
        for kind in kinds:
            said = releases.of(version, kind)
            try:
                spoke = scheme.spoke(GroupVersion.parse(version).kind(kind))
            except NotRegistered:
                continue
            deprecated = spoke.options.deprecated
            if deprecated is not None:
                known += 1
                assert (deprecated.removed_in, version, kind) == (said.removed, version, kind)
    assert known > 40
