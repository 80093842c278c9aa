"""kubectl against custom resources: apply, get in each version, explain, edit, broken webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crds.conftest import CRDS, Running, Start
from crds.hook import Hook
from serve.test_kubectl import Kubectl

GADGET = """
apiVersion: conv.kconv.dev/{version}
kind: Gadget
metadata: {{name: {name}, namespace: demo}}
spec: {spec}
"""


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Hook]:
    made = Hook(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def server(start: Start) -> Running:
    return start()


def test_kubectl(kubectl: Path, server: Running, hook: Hook, tmp_path: Path) -> None:
    run = Kubectl(kubectl, server.url, tmp_path)
    crd = hook.definition()
    for each in crd["spec"]["versions"]:
        spec = each["schema"]["openAPIV3Schema"]["properties"]["spec"]
        spec["properties"]["note"]["description"] = "What people say of it."
    run("apply", "-f", "-", stdin=json.dumps(crd))
    run("wait", "--for=condition=Established", "crd/gadgets.conv.kconv.dev")
    assert "gadgets.conv.kconv.dev" in run("get", "crds", "-o", "name")
    assert "Gadget" in run("api-resources", "--api-group=conv.kconv.dev")
    run("apply", "-f", "-", stdin=GADGET.format(version="v1beta1", name="a", spec="{width: 1}"))
    configured = GADGET.format(version="v1beta1", name="a", spec="{width: 7, height: 2}")
    assert "configured" in run("apply", "-f", "-", stdin=configured)
    assert "unchanged" in run("apply", "-f", "-", stdin=configured)
    applied = GADGET.format(version="v1", name="b", spec="{dimensions: {width: 3}}")
    run("apply", "--server-side", "-f", "-", stdin=applied)
    for version, path, width in (
        ("v1beta1", "{.spec.width}", "7"),
        ("v1", "{.spec.dimensions.width}", "7"),
        ("v1alpha1", "{.spec.size}", "7x2"),
    ):
        got = run(
            "get", f"gadgets.{version}.conv.kconv.dev", "a", "-n", "demo", "-o", f"jsonpath={path}"
        )
        assert got == width
    explained = run("explain", "gadgets.spec.note", "--api-version=conv.kconv.dev/v1beta1")
    assert "What people say of it." in explained
    refused = run("apply", "-f", "-", fails=True,
                  stdin=GADGET.format(version="v1beta1", name="c", spec="{width: -1}"))  # fmt: skip
    assert "spec.width in body should be greater than or equal to 0" in refused
    unknown = run("apply", "-f", "-", fails=True,
                  stdin=GADGET.format(version="v1beta1", name="c", spec="{wide: 1}"))  # fmt: skip
    assert 'unknown field "spec.wide"' in unknown
    run("label", "gadgets.v1.conv.kconv.dev", "a", "-n", "demo", "edited=yes")
    hook.spoil = lambda answer: (500, b"out of order")
    broken = run("get", "gadgets.v1.conv.kconv.dev", "a", "-n", "demo", fails=True)
    assert "conversion webhook for conv.kconv.dev/v1beta1, Kind=Gadget failed" in broken
    assert "out of order" in broken
    hook.spoil = None
    run("delete", "gadgets", "--all", "-n", "demo")
    run("delete", "crd", "gadgets.conv.kconv.dev")
    assert server.ask("GET", f"{CRDS}/gadgets.conv.kconv.dev").status_code == 404
