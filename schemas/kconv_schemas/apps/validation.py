"""Rules of apps, as ``pkg/apis/apps/validation`` of Kubernetes has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import Finding, invalid, required, validates, validates_update
from kconv_schemas.apps import extensions, v1beta1
from kconv_schemas.apps.v1 import types as v1


@validates(
    extensions.DaemonSetSpec,
    extensions.DeploymentSpec,
    extensions.ReplicaSetSpec,
    v1beta1.DeploymentSpec,
    v1beta1.StatefulSetSpec,
)
def selector(value: Mapping[str, Any]) -> Iterator[Finding]:
    """Without labels of the template from which it would follow, the selector has to be there."""
    if value.get("selector") is None:
        yield required(("selector",))


@validates_update(v1.DaemonSet, v1.Deployment, v1.ReplicaSet)
def selector_stays(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Finding]:
    """Since apps/v1beta2 a selector does not change."""
    if new["apiVersion"] not in ("apps/v1", "apps/v1beta2"):
        return  # a former version, whose types derive from these
    found, before = (each["spec"].get("selector") for each in (new, old))
    if found != before:
        yield invalid(("spec", "selector"), found, "field is immutable")
