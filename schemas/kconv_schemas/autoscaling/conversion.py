"""autoscaling/v1 to the hub and back, as ``pkg/apis/autoscaling/v1/conversion.go`` does it.

v1 has one number where v2 has a list of metrics. The number becomes the metric of CPU
utilization; whatever else the hub has is kept in the annotations of `kept`, which are
gone from the hub. Values are compiled structs (see `kconv._compile.structural`).
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from kconv._compile import structural
from kconv.edges import Functions
from kconv_schemas.autoscaling import hub as hub_types
from kconv_schemas.autoscaling import kept
from kconv_schemas.autoscaling import structs as made
from kconv_schemas.autoscaling.behavior import behavior_from_v1, behavior_to_v1
from kconv_schemas.autoscaling.defaults import CPU_UTILIZATION
from kconv_schemas.autoscaling.losses import KEPT, LOST
from kconv_schemas.autoscaling.metrics import (
    current_from_v1,
    current_to_v1,
    metric_from_v1,
    metric_to_v1,
)
from kconv_schemas.autoscaling.v1 import types as v1

_OWN = frozenset(kept.ALL)
_own_names = _OWN.isdisjoint


@structural(v1.HorizontalPodAutoscaler, hub_types.HorizontalPodAutoscaler)
def to_hub(spoke: Any, hub: Any) -> None:
    """Metrics from the number and the annotations; malformed annotations are ignored."""
    spec, status = spoke.spec, spoke.status
    target = spec.targetCPUUtilizationPercentage
    metrics = [] if target is UNSET else [_cpu_metric(target)]
    if hub.status is UNSET:
        hub.status = made.V2Status()
    texts = hub.metadata.annotations
    if texts and not _own_names(texts):
        _read(texts, metrics, hub)
        replace_annotations(hub.metadata, {})
    hub.spec.metrics = metrics or [_cpu_metric(CPU_UTILIZATION)]
    if status is not UNSET:
        utilization = status.currentCPUUtilizationPercentage
        if utilization is not UNSET and hub.status.currentMetrics is UNSET:
            hub.status.currentMetrics = [_current_cpu_metric(utilization)]
        hub.status.currentReplicas = status.currentReplicas or UNSET


def _read(texts: dict[str, str], metrics: list[Any], hub: Any) -> None:
    """Set what the annotations hold; metrics go before those that are there."""
    others = kept.read_list(texts, kept.METRICS, kept.Metric)
    if others:
        metrics[:0] = [metric_from_v1(each) for each in others]
    behavior = kept.read(texts, kept.BEHAVIOR, kept.Behavior)
    if behavior and (behavior.ScaleUp or behavior.ScaleDown):
        hub.spec.behavior = behavior_from_v1(behavior)
    current = kept.read_list(texts, kept.CURRENT_METRICS, kept.CurrentMetric)
    if current is not None:
        hub.status.currentMetrics = [current_from_v1(each) for each in current]
    conditions = kept.read_list(texts, kept.CONDITIONS, kept.Condition)
    if conditions is not None:
        hub.status.conditions = [
            made.HorizontalPodAutoscalerCondition(
                lastTransitionTime=each.lastTransitionTime,
                message=each.message,
                reason=each.reason,
                status=each.status,
                type=each.type,
            )
            for each in conditions
        ]


@structural(hub_types.HorizontalPodAutoscaler, v1.HorizontalPodAutoscaler)
def to_spoke(hub: Any, spoke: Any) -> None:
    """The number from the first metric of CPU utilization; the rest into annotations."""
    spec, status = hub.spec, hub.status
    metrics = spec.metrics or ()
    for metric in metrics:
        if _is_cpu_utilization(metric):
            utilization = metric.resource.target.averageUtilization
            spoke.spec.targetCPUUtilizationPercentage = utilization
            metrics = [each for each in metrics if each is not metric]
            break
    texts: dict[str, str] = {}
    if metrics:
        texts[kept.METRICS] = kept.write([metric_to_v1(each) for each in metrics])
    _status_to_spoke(status, spoke, texts)
    if spec.behavior:
        texts[kept.BEHAVIOR] = kept.write(behavior_to_v1(spec.behavior))
    if texts or spoke.metadata.annotations:
        replace_annotations(spoke.metadata, texts)


def _status_to_spoke(status: Any, spoke: Any, texts: dict[str, str]) -> None:
    own = spoke.status
    if own is UNSET:
        own = spoke.status = made.V1Status()
    own.desiredReplicas = own.desiredReplicas or 0
    if status is UNSET:
        own.currentReplicas = 0
        return
    own.currentReplicas = status.currentReplicas or 0
    current = status.currentMetrics
    if current:
        for metric in current:
            utilization = _current_cpu(metric)
            if utilization is not UNSET:
                own.currentCPUUtilizationPercentage = utilization
        texts[kept.CURRENT_METRICS] = kept.write([current_to_v1(each) for each in current])
    if status.conditions:
        conditions = [
            made.Condition(
                type=each.type,
                status=each.status,
                lastTransitionTime=each.lastTransitionTime or None,
                reason=each.reason,
                message=each.message,
            )
            for each in status.conditions
        ]
        texts[kept.CONDITIONS] = kept.write(conditions)


def replace_annotations(metadata: Any, texts: dict[str, str]) -> None:
    """Have these texts, and no others of their kind, among the annotations."""
    annotations = metadata.annotations or {}
    if not _own_names(annotations):
        others = {name: text for name, text in annotations.items() if name not in _OWN}
        metadata.annotations = others | texts or UNSET
    elif texts:
        metadata.annotations = annotations | texts


def _cpu_metric(utilization: int) -> Any:
    target = made.MetricTarget(type="Utilization", averageUtilization=utilization)
    resource = made.ResourceMetricSource(name="cpu", target=target)
    return made.MetricSpec(type="Resource", resource=resource)


def _current_cpu_metric(utilization: int) -> Any:
    current = made.MetricValueStatus(averageUtilization=utilization)
    resource = made.ResourceMetricStatus(name="cpu", current=current)
    return made.MetricStatus(type="Resource", resource=resource)


def _is_cpu_utilization(metric: Any) -> bool:
    """Whether v1's number can stand for a metric.

    One that says more, which no valid metric does, is kept in the annotation as it is.
    """
    resource = metric.resource
    if metric.type != "Resource" or not resource or resource.name != "cpu":
        return False
    if metric.containerResource or metric.external or metric.object or metric.pods:
        return False
    target = resource.target
    if not target or target.averageValue is not UNSET:
        return False
    return bool(target.averageUtilization is not UNSET)


def _current_cpu(metric: Any) -> Any:
    resource = metric.resource
    if metric.type != "Resource" or not resource or resource.name != "cpu":
        return UNSET
    return resource.current.averageUtilization if resource.current else UNSET


V1_RULE = Functions(
    spoke=(
        "spec.targetCPUUtilizationPercentage",
        "status.currentCPUUtilizationPercentage",
        "status.currentReplicas",
    ),
    hub=(
        "spec.metrics",
        "spec.behavior",
        "status.currentMetrics",
        "status.conditions",
        "status.currentReplicas",
    ),
    to_hub=to_hub,
    to_spoke=to_spoke,
    kept=KEPT,
    lost=LOST,
)
"""How a v1 HorizontalPodAutoscaler differs from the hub."""
