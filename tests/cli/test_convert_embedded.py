"""Objects inside objects: what kubectl applied last, and releases of Helm."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.samples import Kconv
from kconv._files import helm

LAST = "kubectl.kubernetes.io/last-applied-configuration"
PDB = {
    "apiVersion": "policy/v1beta1",
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "a", "namespace": "shop"},
    "spec": {"minAvailable": 1},
}
RENDERED = """\
---
# Source: shop/templates/budget.yaml
apiVersion: policy/v1beta1 # budget
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1}
---
# Source: shop/templates/own.yaml
apiVersion: example.com/v1
kind: Widget
metadata: {name: own}
"""


def packed(payload: dict[str, Any], twice: bool) -> str:
    data = base64.b64encode(gzip.compress(json.dumps(payload).encode()))
    return (base64.b64encode(data) if twice else data).decode()


def release(revision: int, status: str, twice: bool = True, **more: Any) -> dict[str, Any]:
    payload = {
        "name": "shop",
        "namespace": "prod",
        "version": revision,
        "info": {"status": status},
        "chart": {"templates": [{"name": "x", "data": "YXBpVmVyc2lvbjogcG9saWN5L3YxYmV0YTE="}]},
        "manifest": RENDERED,
        **more,
    }
    name = f"sh.helm.release.v1.shop.v{revision}"
    metadata = {"name": name, "namespace": "prod", "labels": {"owner": "helm", "status": status}}
    data = {"release": packed(payload, twice)}
    if twice:
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data,
                "type": "helm.sh/release.v1"}  # fmt: skip
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def write(folder: Path, **values: Any) -> None:
    for name, value in values.items():
        (folder / f"{name}.yaml").write_text(f"# {name}\n{yaml.safe_dump(value, sort_keys=False)}")


def unpacked(path: Path, twice: bool = True) -> dict[str, Any]:
    data = base64.b64decode(yaml.safe_load(path.read_text())["data"]["release"])
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(data) if twice else data))
    return found


def test_last_applied(kconv: Kconv, tmp_path: Path) -> None:
    applied = json.dumps(PDB, separators=(",", ":")) + "\n"
    new = {**PDB, "apiVersion": "policy/v1"}
    new["metadata"] = {**PDB["metadata"], "annotations": {LAST: applied}}  # type: ignore[dict-item]
    write(tmp_path, a=new)
    before = (tmp_path / "a.yaml").read_text()
    assert kconv("convert", "-f", ".", "--in-place").err == "1 file already in that version\n"
    ended = kconv("convert", "-f", ".", "--in-place", "--embedded")
    assert (ended.code, ended.err) == (0, "what was there is in .kconv-backup\nrewrote a.yaml\n")
    after = yaml.safe_load((tmp_path / "a.yaml").read_text())
    text = after["metadata"]["annotations"][LAST]
    assert text == applied.replace("policy/v1beta1", "policy/v1")
    assert (tmp_path / "a.yaml").read_text().startswith("# a\n")
    assert (tmp_path / ".kconv-backup/a.yaml").read_text() == before
    again = kconv("convert", "-f", ".", "--in-place", "--embedded")
    assert again.err == "1 file already in that version\n"


@pytest.mark.parametrize("twice", [True, False])
def test_releases_of_helm(kconv: Kconv, tmp_path: Path, twice: bool) -> None:
    states = {"a": "superseded", "b": "deployed", "c": "superseded", "d": "deployed", "e": "failed"}
    values = {
        name: release(revision, status, twice)
        for revision, (name, status) in enumerate(states.items(), start=1)
    }
    write(tmp_path, **values)
    before = {name: (tmp_path / f"{name}.yaml").read_text() for name in states}
    check = kconv("convert", "--check", "-f", ".", "-o", "json")
    assert check.code == 1
    found = json.loads(check.out)["outdated"]
    # The last one that is deployed, and what came after it.
    assert [(each["file"], each["where"], each["name"]) for each in found] == [
        ("d.yaml", "Helm release", "web"),
        ("e.yaml", "Helm release", "web"),
    ]
    ended = kconv("convert", "-f", ".", "--in-place", "--embedded", "--backup", "kept")
    assert ended.code == 0, ended.err
    for name in ("a", "b", "c"):
        assert (tmp_path / f"{name}.yaml").read_text() == before[name]
    for name in ("d", "e"):
        payload = unpacked(tmp_path / f"{name}.yaml", twice)
        assert payload["manifest"] == RENDERED.replace("policy/v1beta1", "policy/v1")
        assert payload["chart"]["templates"][0]["data"].startswith("YXBpVm")
        assert (tmp_path / f"kept/{name}.yaml").read_text() == before[name]
    assert kconv("convert", "--check", "-f", ".", "--exclude", "kept").code == 0


def test_hooks_of_a_release(kconv: Kconv, tmp_path: Path) -> None:
    hook = {"name": "shop-test", "kind": "PodDisruptionBudget", "manifest": RENDERED}
    other = {"name": "own", "kind": "Widget", "manifest": "apiVersion: example.com/v1\nkind: W\n"}
    write(tmp_path, a=release(1, "deployed", manifest="", hooks=[other, hook]))
    found = json.loads(kconv("convert", "--check", "-f", ".", "-o", "json").out)["outdated"]
    assert [(each["where"], each["version"]) for each in found] == [
        ("Helm release", "policy/v1beta1")
    ]
    assert kconv("convert", "-f", ".", "--in-place", "--embedded").code == 0
    payload = unpacked(tmp_path / "a.yaml")
    new = {**hook, "manifest": RENDERED.replace("policy/v1beta1", "policy/v1")}
    assert (payload["manifest"], payload["hooks"]) == ("", [other, new])


def test_what_cannot_be_converted_stays(
    kconv: Kconv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a=release(1, "deployed", manifest="a: {{ b }}"))
    broken = release(2, "deployed")
    broken["data"]["release"] = "bm90IGd6aXA="
    write(tmp_path, b=broken, c=release(3, "deployed", name="other"))
    before = {path: path.read_text() for path in tmp_path.iterdir()}
    monkeypatch.setattr(helm, "PACKED_LIMIT", 10)
    ended = kconv("convert", "-f", ".", "--in-place", "--embedded")
    assert ended.code == 0, ended.err
    assert "c.yaml, Helm release other v3: would be more than a Secret may hold" in ended.err
    assert {path: path.read_text() for path in before} == before


def test_what_unpacks_to_too_much_is_not_read(
    kconv: Kconv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a=release(1, "deployed", manifest=RENDERED + "#" * 100_000))
    assert kconv("convert", "--check", "-f", ".").code == 1
    monkeypatch.setattr(helm, "UNPACKED_LIMIT", 50_000)
    assert kconv("convert", "--check", "-f", ".").code == 0
