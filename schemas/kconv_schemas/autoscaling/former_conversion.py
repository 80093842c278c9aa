"""v2beta1 and v2beta2 to the hub and back, as ``pkg/apis/autoscaling/v2beta*/conversion.go`` do it.

The metrics of v2beta1 have the shapes of those that v1 keeps in annotations; its behavior is in
an annotation. v2beta2 has tolerances in annotations. Neither leaves those of other versions.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from msgspec import UNSET

from kconv import meta
from kconv._compile import LOOSE, structural
from kconv.edges import Functions
from kconv_schemas.autoscaling import hub as hub_types
from kconv_schemas.autoscaling import kept, v2beta1
from kconv_schemas.autoscaling.behavior import behavior_from_v1, behavior_to_v1
from kconv_schemas.autoscaling.conversion import replace_annotations
from kconv_schemas.autoscaling.losses import lost_metrics
from kconv_schemas.autoscaling.metrics import (
    current_from_v1,
    current_to_v1,
    metric_from_v1,
    metric_to_v1,
)
from kconv_schemas.autoscaling.v2 import types as v2

Value = dict[str, Any]


@cache
def _shapes() -> SimpleNamespace:
    """The structs of v2beta1, by the names of those that `metric_to_v1` makes."""
    types = {
        "ContainerSource": v2beta1.ContainerResourceMetricSource,
        "ContainerStatus": v2beta1.ContainerResourceMetricStatus,
        "CurrentMetric": v2beta1.MetricStatus,
        "ExternalSource": v2beta1.ExternalMetricSource,
        "ExternalStatus": v2beta1.ExternalMetricStatus,
        "Metric": v2beta1.MetricSpec,
        "ObjectSource": v2beta1.ObjectMetricSource,
        "ObjectStatus": v2beta1.ObjectMetricStatus,
        "PodsSource": v2beta1.PodsMetricSource,
        "PodsStatus": v2beta1.PodsMetricStatus,
        "Reference": v2.CrossVersionObjectReference,
        "ResourceSource": v2beta1.ResourceMetricSource,
        "ResourceStatus": v2beta1.ResourceMetricStatus,
        "Selector": meta.LabelSelector,
    }
    return SimpleNamespace(**{name: LOOSE.struct(each) for name, each in types.items()})


@structural(v2beta1.HorizontalPodAutoscaler, hub_types.HorizontalPodAutoscaler)
def v2beta1_to_hub(spoke: Any, hub: Any) -> None:
    """Metrics in the shapes of the hub, the behavior out of its annotation."""
    metrics, status = spoke.spec.metrics, spoke.status
    if metrics is not UNSET:
        hub.spec.metrics = [metric_from_v1(each) for each in metrics]
    if status is not UNSET and status.currentMetrics is not UNSET:
        hub.status.currentMetrics = [current_from_v1(each) for each in status.currentMetrics]
    texts = hub.metadata.annotations
    if texts:
        behavior = kept.read(texts, kept.BEHAVIOR, kept.Behavior)
        if behavior and (behavior.ScaleUp or behavior.ScaleDown):
            hub.spec.behavior = behavior_from_v1(behavior)
        replace_annotations(hub.metadata, {})


@structural(hub_types.HorizontalPodAutoscaler, v2beta1.HorizontalPodAutoscaler)
def v2beta1_to_spoke(hub: Any, spoke: Any) -> None:
    """Metrics in the shapes of v2beta1, the behavior into an annotation."""
    spec, status, shapes = hub.spec, hub.status, _shapes()
    if spec.metrics is not UNSET:
        spoke.spec.metrics = [metric_to_v1(each, shapes) for each in spec.metrics]
    if status is not UNSET and status.currentMetrics is not UNSET:
        spoke.status.currentMetrics = [
            current_to_v1(each, shapes) for each in status.currentMetrics
        ]
    behavior = spec.behavior
    texts = {kept.BEHAVIOR: kept.write(behavior_to_v1(behavior))} if behavior else {}
    if texts or spoke.metadata.annotations:
        replace_annotations(spoke.metadata, texts)


_ZERO = "an empty version of a reference is none"

V2BETA1_RULE = Functions(
    spoke=("spec.metrics", "status.currentMetrics"),
    hub=("spec.metrics", "status.currentMetrics", "spec.behavior"),
    to_hub=v2beta1_to_hub,
    to_spoke=v2beta1_to_spoke,
    kept={"spec.behavior": kept.BEHAVIOR},
    lost={
        **lost_metrics("v2beta1"),
        "spoke:spec.metrics[*].object.target.apiVersion.(zero)": _ZERO,
        "spoke:status.currentMetrics[*].object.target.apiVersion.(zero)": _ZERO,
    },
)
"""How a v2beta1 HorizontalPodAutoscaler differs from the hub."""

_TOLERANCES = {"scaleDown": kept.SCALE_DOWN_TOLERANCE, "scaleUp": kept.SCALE_UP_TOLERANCE}


def v2beta2_to_hub(spoke: Value, hub: Value) -> None:
    """Tolerances out of their annotations."""
    texts = hub["metadata"].get("annotations") or {}
    for direction, name in _TOLERANCES.items():
        if name in texts:
            behavior = hub["spec"].setdefault("behavior", {})
            behavior.setdefault(direction, {})["tolerance"] = texts[name]
    _replace(hub["metadata"], {})


def v2beta2_to_spoke(hub: Value, spoke: Value) -> None:
    """Tolerances into annotations."""
    behavior = hub["spec"].get("behavior") or {}
    texts = {
        name: behavior[direction]["tolerance"]
        for direction, name in _TOLERANCES.items()
        if "tolerance" in (behavior.get(direction) or {})
    }
    _replace(spoke["metadata"], texts)


def _replace(metadata: Value, texts: dict[str, str]) -> None:
    given = metadata.pop("annotations", None) or {}
    annotations = {name: text for name, text in given.items() if name not in kept.ALL} | texts
    if annotations:
        metadata["annotations"] = annotations


V2BETA2_RULE = Functions(
    hub=("spec.behavior.scaleDown.tolerance", "spec.behavior.scaleUp.tolerance"),
    to_hub=v2beta2_to_hub,
    to_spoke=v2beta2_to_spoke,
    kept={f"spec.behavior.{each}.tolerance": name for each, name in _TOLERANCES.items()},
)
"""How a v2beta2 HorizontalPodAutoscaler differs from the hub."""
