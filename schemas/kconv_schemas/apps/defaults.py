"""Computed defaults of apps, as ``pkg/apis/apps/*/defaults.go`` of Kubernetes has them."""

from __future__ import annotations

import copy
from typing import Any

from kconv import defaults, zero_is_absent
from kconv_schemas.apps import extensions, v1beta1
from kconv_schemas.apps.v1 import types as v1
from kconv_schemas.core import claims as claim_defaults  # noqa: F401 - adds them to the types

Value = dict[str, Any]

zero_is_absent(v1.DeploymentStrategy, "type")
zero_is_absent(extensions.DeploymentStrategy, "type")
zero_is_absent(v1.DaemonSetUpdateStrategy, "type")
zero_is_absent(extensions.DaemonSetUpdateStrategy, "type")
zero_is_absent(v1.StatefulSetUpdateStrategy, "type")
zero_is_absent(v1beta1.StatefulSetUpdateStrategy, "type")
zero_is_absent(v1.StatefulSetSpec, "podManagementPolicy")
zero_is_absent(v1.StatefulSetPersistentVolumeClaimRetentionPolicy, "whenDeleted", "whenScaled")

_ROLLING = "RollingUpdate"
_BOTH = ("rollingUpdate.maxSurge", "rollingUpdate.maxUnavailable")


@defaults(v1.DeploymentStrategy, lacking=_BOTH)
def deployment_strategy(value: Value) -> None:
    """A rolling update replaces a quarter of the pods at a time."""
    _fill_in(value, {"maxUnavailable": "25%", "maxSurge": "25%"})


@defaults(extensions.DeploymentStrategy, lacking=_BOTH)
def former_deployment_strategy(value: Value) -> None:
    """A rolling update replaces one pod at a time, also where it is not the strategy."""
    _fill_in(value, {"maxUnavailable": 1, "maxSurge": 1}, always="rollingUpdate" in value)


@defaults(v1.DaemonSetUpdateStrategy, extensions.DaemonSetUpdateStrategy, lacking=_BOTH)
def daemon_set_strategy(value: Value) -> None:
    """A rolling update replaces the pod of one node at a time."""
    _fill_in(value, {"maxUnavailable": 1, "maxSurge": 0})


@defaults(
    v1.StatefulSetUpdateStrategy,
    v1beta1.StatefulSetUpdateStrategy,
    lacking=("rollingUpdate.partition",),
)
def stateful_set_strategy(value: Value) -> None:
    """A rolling update is about all pods."""
    _fill_in(value, {"partition": 0})


def _fill_in(strategy: Value, values: Value, *, always: bool = False) -> None:
    if always or strategy["type"] == _ROLLING:
        given = strategy.setdefault("rollingUpdate", {})
        for name, value in values.items():
            given.setdefault(name, value)


@defaults(v1.StatefulSetSpec, when=("volumeClaimTemplates",))
def claims(value: Value) -> None:
    """Templates of claims are claims, whatever they say."""
    for claim in value["volumeClaimTemplates"]:
        claim |= {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}


@defaults(
    extensions.DaemonSet,
    extensions.Deployment,
    extensions.ReplicaSet,
    v1beta1.Deployment,
    v1beta1.StatefulSet,
    empty=("metadata.labels", "spec.selector"),
)
def selector_and_labels(value: Value) -> None:
    """What does not say which pods it has has those of its template, and their labels."""
    spec, metadata = value["spec"], value["metadata"]
    labels = spec["template"].get("metadata", {}).get("labels")
    if labels is None:
        return
    if "selector" not in spec:
        spec["selector"] = {"matchLabels": copy.copy(labels)}
    if not metadata.get("labels"):
        metadata["labels"] = copy.copy(labels)
