"""``kconv convert --in-place``: edits, not dumps."""

from pathlib import Path

import pytest

from cli.samples import Kconv

INGRESS = """\
# The shop.
apiVersion: extensions/v1beta1   # old
kind: Ingress
metadata:
  name: web            # the shop
  annotations: &a {team: "shop"}
spec:
  backend:             # everything else
    serviceName: web   # see service.yaml
    servicePort: 80

  rules:
    - host: "shop.example.com"
      http:
        paths:
          - backend: {serviceName: api, servicePort: http}  # api
            path: /api
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, annotations: {on: "yes"}}
data: {a: 'b'}
"""

EDITED = """\
# The shop.
apiVersion: networking.k8s.io/v1   # old
kind: Ingress
metadata:
  name: web            # the shop
  annotations: &a {team: "shop"}
spec:
  defaultBackend:             # everything else
    service:
      name: web   # see service.yaml
      port:
        number: 80

  rules:
    - host: "shop.example.com"
      http:
        paths:
          - backend: {service: {name: api, port: {name: http}}}  # api
            path: /api
            pathType: ImplementationSpecific
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, annotations: {on: "yes"}}
data: {a: 'b'}
"""

DEPLOYMENT = """\
apiVersion: apps/v1beta2
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, creationTimestamp: null}
    spec:
      containers:
      - {name: web, image: nginx, resources: {limits: {cpu: 0.5}}}
status: {}
"""


def test_only_what_the_conversion_changes_is_touched(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(INGRESS)
    ended = kconv("convert", "-f", ".", "--in-place")
    assert (ended.code, ended.out, ended.err) == (0, "", "rewrote a.yaml\n")
    assert (tmp_path / "a.yaml").read_text() == EDITED
    again = kconv("convert", "-f", ".", "--in-place")
    assert again.err == "1 file already in that version\n"
    assert (tmp_path / "a.yaml").read_text() == EDITED


def test_defaults_and_spelling_stay(kconv: Kconv, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(DEPLOYMENT)
    assert kconv("convert", "-f", "a.yaml", "--in-place").code == 0
    assert (tmp_path / "a.yaml").read_text() == DEPLOYMENT.replace("apps/v1beta2", "apps/v1")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("extensions/v1beta1", ["maxSurge: 1", "matchLabels:", "revisionHistoryLimit: 2"]),
        ("apps/v1beta1", ["matchLabels:", "revisionHistoryLimit: 2"]),
    ],
)
def test_a_default_that_the_new_version_has_not_is_written(
    kconv: Kconv, tmp_path: Path, old: str, new: list[str]
) -> None:
    text = DEPLOYMENT.replace("apps/v1beta2", old)
    text = text.replace("  selector: {matchLabels: {app: web}}\n", "")
    (tmp_path / "a.yaml").write_text(text)
    assert kconv("convert", "-f", "a.yaml", "--in-place").code == 0
    edited = (tmp_path / "a.yaml").read_text()
    assert all(each in edited for each in new)
    full = kconv("convert", "-f", "-", "-o", "json", stdin=text).out
    assert kconv("convert", "-f", "a.yaml", "-o", "json").out == full


def test_comments_of_fields_that_are_gone_are_told(kconv: Kconv, tmp_path: Path) -> None:
    text = INGRESS.replace("  rules:", "  nonsense: 1  # why\n  rules:")
    (tmp_path / "a.yaml").write_text(text)
    ended = kconv("convert", "-f", "a.yaml", "--in-place")
    assert 'unknown field "spec.nonsense", dropped' in ended.err
    assert "a.yaml:12: its field is gone, but the comment stays: # why" in ended.err
    assert "  # why\n  rules:" in (tmp_path / "a.yaml").read_text()


def test_items_of_lists_leave_their_head_to_the_list(kconv: Kconv, tmp_path: Path) -> None:
    text = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudgetList\nitems:\n"
    text += "- metadata: {name: a}  # a\n  spec: {minAvailable: 1}\n"
    (tmp_path / "a.yaml").write_text(text)
    assert kconv("convert", "-f", "a.yaml", "--in-place").code == 0
    assert (tmp_path / "a.yaml").read_text() == text.replace("v1beta1", "v1")


def test_what_cannot_be_edited_is_named_and_nothing_is_written(
    kconv: Kconv, tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text(INGRESS)
    (tmp_path / "b.yaml").write_bytes(INGRESS.encode("utf-16"))
    ended = kconv("convert", "-f", ".", "--in-place")
    assert ended.code == 1
    assert "b.yaml: cannot be edited: it is UTF-16; --full writes" in ended.err
    assert (tmp_path / "a.yaml").read_text() == INGRESS
    assert kconv("convert", "-f", ".", "--in-place", "--full").code == 0
    assert "networking.k8s.io/v1" in (tmp_path / "b.yaml").read_text()


def test_json_keeps_its_layout(kconv: Kconv, tmp_path: Path) -> None:
    text = (
        '{\n    "kind": "PodDisruptionBudget",\n    "apiVersion": "policy/v1beta1",\n'
        '    "spec": {"minAvailable": 1},\n    "metadata": {"name": "a"}\n}'
    )
    (tmp_path / "a.json").write_text(text)
    assert kconv("convert", "-f", "a.json", "--in-place").code == 0
    assert (tmp_path / "a.json").read_text() == text.replace("v1beta1", "v1")


def test_full_is_for_files(kconv: Kconv) -> None:
    assert kconv("convert", "-f", "-", "--full", stdin=INGRESS).code == 2
