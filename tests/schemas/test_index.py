"""The index of kinds on demand: what it says is so, and nothing is loaded that nobody asked for."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kconv import GroupVersion, NotRegistered, Scheme, load_scheme
from kconv_schemas.index import INDEX

CRON_JOB = {
    "apiVersion": "batch/v1beta1",
    "kind": "CronJob",
    "metadata": {"name": "n"},
    "spec": {
        "schedule": "1 2 * * *",
        "jobTemplate": {
            "spec": {
                "template": {
                    "spec": {
                        "restartPolicy": "Never",
                        "containers": [{"name": "c", "image": "a:1"}],
                    }
                }
            }
        },
    },
}

ORDERS = """
import sys
from kconv import Scheme
from kconv._scheme.load import _on_demand
packages = list(_on_demand(None, ()))
for package in packages if sys.argv[1] == "forward" else reversed(packages):
    package.load()
"""


@pytest.mark.parametrize("name", sorted(INDEX))
def test_a_package_registers_what_the_index_says(name: str) -> None:
    module, _, function = name.partition(":")
    scheme = Scheme()
    getattr(importlib.import_module(module), function)(scheme)
    found: dict[str, list[str]] = {}
    for kind in scheme.kinds:
        for spoke in kind.spokes:
            found.setdefault(spoke.api_version, []).append(spoke.gvk.kind)
    assert {version: tuple(sorted(kinds)) for version, kinds in found.items()} == INDEX[name]


@pytest.mark.parametrize("order", ["forward", "backward"])
def test_packages_load_in_any_order(order: str) -> None:
    """What one adds to its types it adds before a scheme of another package seals them."""
    subprocess.run([sys.executable, "-c", ORDERS, order], check=True)


def test_kinds_on_demand_are_not_among_the_served() -> None:
    scheme = load_scheme()
    gvk = GroupVersion.parse("apps/v1").kind("Deployment")
    assert scheme.spoke(gvk).kind.group_resource not in {k.group_resource for k in scheme.kinds}
    assert scheme.groups() == ["", "autoscaling", "batch", "events.k8s.io"]
    assert "apps" in scheme.known_groups()
    assert scheme.known_versions("apps") == ["v1", "v1beta2", "v1beta1"]
    assert scheme.knows(GroupVersion.parse("extensions/v1beta1"))
    assert not scheme.knows(GroupVersion.parse("apps/v2"))
    assert gvk in {spoke.gvk for kind in scheme.complete().kinds for spoke in kind.spokes}
    with pytest.raises(NotRegistered):
        scheme.without_documents().spoke(gvk)


def test_a_scheme_of_some_groups_knows_no_others() -> None:
    scheme = load_scheme(["extensions"])
    assert scheme.kinds == []
    scheme.spoke(GroupVersion.parse("extensions/v1beta1").kind("Ingress"))
    with pytest.raises(NotRegistered):
        scheme.spoke(GroupVersion.parse("policy/v1").kind("Eviction"))


@pytest.mark.parametrize(
    ("value", "loaded"),
    [
        (CRON_JOB, {"batch", "core"}),
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}, {"core"}),
        ({**CRON_JOB, "apiVersion": "policy/v1beta1", "kind": "Eviction", "spec": {}}, {"policy"}),
    ],
)
def test_a_conversion_loads_one_group(
    value: dict[str, Any], loaded: set[str], tmp_path: Path
) -> None:
    path = tmp_path / "value.json"
    path.write_text(json.dumps(value))
    code = (
        "import sys, kconv; kconv.convert_files(sys.argv[1:]).raise_problems()\n"
        "print(*sorted(name for name in sys.modules if name.startswith('kconv_schemas.')))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, path], check=True, capture_output=True, text=True
    )
    modules = ended.stdout.split()
    groups = {name.split(".")[1] for name in modules} - {"index", "columns", "zeros"}
    assert groups == loaded
    assert "kconv_schemas.core.v1.types.service" not in modules
