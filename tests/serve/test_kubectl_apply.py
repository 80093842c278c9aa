"""kubectl's server-side apply: conflicts, diff, pruning, and what client-side apply left."""

import json
from pathlib import Path
from typing import Any

import pytest

from serve.conftest import Running
from serve.test_kubectl import MANIFEST, Kubectl


@pytest.fixture
def run(kubectl: Path, running: Running, tmp_path: Path) -> Kubectl:
    return Kubectl(kubectl, running.url, tmp_path)


def config(data: dict[str, str], name: str = "one", **labels: str) -> str:
    metadata: dict[str, Any] = {"name": name, "namespace": "default"}
    if labels:
        metadata["labels"] = labels
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def owners(run: Kubectl, name: str = "one") -> list[tuple[str, str, Any]]:
    found = json.loads(run("get", "cm", name, "-o", "json", "--show-managed-fields"))
    return [
        (each["manager"], each["operation"], each["fieldsV1"].get("f:data"))
        for each in found["metadata"]["managedFields"]
    ]


def test_apply(run: Kubectl) -> None:
    apply = ("apply", "--server-side", "-f", "-")
    assert "serverside-applied" in run(*apply, stdin=config({"a": "1", "b": "1"}))
    assert owners(run) == [("kubectl", "Apply", {"f:a": {}, "f:b": {}})]
    assert "managedFields" not in run("get", "cm", "one", "-o", "yaml")
    version = run("get", "cm", "one", "-o", "jsonpath={.metadata.resourceVersion}")
    run(*apply, stdin=config({"a": "1", "b": "1"}))
    assert run("get", "cm", "one", "-o", "jsonpath={.metadata.resourceVersion}") == version
    refused = run(*apply, "--field-manager=other", stdin=config({"a": "2"}), fails=True)
    assert 'conflict with "kubectl": .data.a' in refused
    run(*apply, "--field-manager=other", "--force-conflicts", stdin=config({"a": "2"}))
    assert owners(run) == [
        ("kubectl", "Apply", {"f:b": {}}),
        ("other", "Apply", {"f:a": {}}),
    ]
    run(*apply, "--field-manager=other", stdin=config({}))
    assert run("get", "cm", "one", "-o", "jsonpath={.data}") == '{"b":"1"}'


def test_diff(run: Kubectl) -> None:
    run("apply", "--server-side", "-f", "-", stdin=config({"a": "1"}))
    run("diff", "--server-side", "-f", "-", stdin=config({"a": "1"}))
    # Its exit code says that there are differences.
    assert run("diff", "--server-side", "-f", "-", stdin=config({"a": "2"}), fails=True) == ""
    assert owners(run) == [("kubectl", "Apply", {"f:a": {}})]
    assert run("get", "cm", "one", "-o", "jsonpath={.data.a}") == "1"


def test_from_client_side_apply(run: Kubectl) -> None:
    run("apply", "-f", "-", stdin=config({"a": "1", "b": "1"}))
    assert [each[:2] for each in owners(run)] == [("kubectl-client-side-apply", "Update")]
    run("apply", "--server-side", "-f", "-", stdin=config({"a": "2"}))
    assert [each for each in owners(run) if each[2]] == [("kubectl", "Apply", {"f:a": {}})]
    assert run("get", "cm", "one", "-o", "jsonpath={.data}") == '{"a":"2"}'


def test_prune(run: Kubectl) -> None:
    run.environment["KUBECTL_APPLYSET"] = "true"
    items = [json.loads(config({"a": "1"}, name)) for name in ("one", "two")]
    both = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    command = ("apply", "--server-side", "--prune", "--applyset=set", "-n", "default", "-f", "-")
    run(*command, stdin=both)
    assert "configmap/two pruned" in run(*command, stdin=config({"a": "1"}))
    assert run("get", "cm", "-o", "name").split() == ["configmap/one"]


def test_apply_in_another_version(run: Kubectl) -> None:
    run("create", "namespace", "demo")
    apply = ("apply", "--server-side", "-f", "-")
    run(*apply, stdin=MANIFEST.format(version="v1beta1", image="busybox"))
    refused = run(
        *apply, "--field-manager=other", stdin=MANIFEST.format(version="v1", image="b"), fails=True
    )
    assert 'conflict with "kubectl"' in refused
    run(*apply, stdin=MANIFEST.format(version="v1", image="b"))
    assert "image: b\n" in run("get", "-n", "demo", "cronjobs.v1.batch", "report", "-o", "yaml")
