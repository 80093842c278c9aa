"""autoscaling/v1 to the hub and back, as ``pkg/apis/autoscaling/v1/conversion.go`` does it.

v1 has one number where v2 has a list of metrics. The number becomes the metric of CPU
utilization; whatever else the hub has is kept in the annotations of `kept`, which are
gone from the hub.
"""

from __future__ import annotations

from typing import Any

from kconv.edges import Functions
from kconv_schemas.autoscaling import kept
from kconv_schemas.autoscaling.defaults import cpu_metric
from kconv_schemas.autoscaling.losses import KEPT, LOST
from kconv_schemas.autoscaling.metrics import (
    behavior_from_v1,
    behavior_to_v1,
    current_from_v1,
    current_to_v1,
    metric_from_v1,
    metric_to_v1,
)

Value = dict[str, Any]


def to_hub(spoke: Value, hub: Value) -> None:
    """Metrics from the number and the annotations; malformed annotations are ignored."""
    spec, status = spoke["spec"], spoke.get("status", {})
    metadata = hub["metadata"]
    texts = metadata.get("annotations", {})
    hub_spec, hub_status = hub["spec"], hub.setdefault("status", {})
    target = spec.get("targetCPUUtilizationPercentage")
    metrics = [] if target is None else [cpu_metric(target)]
    others = kept.read_list(texts, kept.METRICS, kept.Metric)
    hub_spec["metrics"] = [*map(metric_from_v1, others or ()), *metrics] or [cpu_metric()]
    behavior = kept.read(texts, kept.BEHAVIOR, kept.Behavior)
    if behavior:
        hub_spec["behavior"] = behavior_from_v1(behavior)
    current = kept.read_list(texts, kept.CURRENT_METRICS, kept.CurrentMetric)
    utilization = status.get("currentCPUUtilizationPercentage")
    if current is not None:
        hub_status["currentMetrics"] = [current_from_v1(each) for each in current]
    elif utilization is not None:
        cpu = {"name": "cpu", "current": {"averageUtilization": utilization}}
        hub_status["currentMetrics"] = [{"type": "Resource", "resource": cpu}]
    conditions = kept.read_list(texts, kept.CONDITIONS, kept.Condition)
    if conditions is not None:
        hub_status["conditions"] = conditions
    if status.get("currentReplicas"):
        hub_status["currentReplicas"] = status["currentReplicas"]
    _replace(metadata, {})


def to_spoke(hub: Value, spoke: Value) -> None:
    """The number from the first metric of CPU utilization; the rest into annotations."""
    spec, status = hub["spec"], hub.get("status", {})
    metrics = list(spec.get("metrics", ()))
    target = next((metric for metric in metrics if _is_cpu_utilization(metric)), None)
    if target is not None:
        utilization = target["resource"]["target"]["averageUtilization"]
        spoke["spec"]["targetCPUUtilizationPercentage"] = utilization
        metrics = [metric for metric in metrics if metric is not target]
    current = status.get("currentMetrics", ())
    spoke_status = spoke.setdefault("status", {})
    spoke_status["currentReplicas"] = status.get("currentReplicas", 0)
    spoke_status.setdefault("desiredReplicas", 0)
    for metric in current:
        utilization = _current_cpu(metric)
        if utilization is not None:
            spoke_status["currentCPUUtilizationPercentage"] = utilization
    texts: dict[str, str] = {}
    if metrics:
        texts[kept.METRICS] = kept.write([metric_to_v1(each) for each in metrics], kept.Metric)
    if current:
        shapes = [current_to_v1(each) for each in current]
        texts[kept.CURRENT_METRICS] = kept.write(shapes, kept.CurrentMetric)
    if status.get("conditions"):
        conditions = [{"lastTransitionTime": None, **each} for each in status["conditions"]]
        texts[kept.CONDITIONS] = kept.write(conditions, kept.Condition)
    if spec.get("behavior") is not None:
        texts[kept.BEHAVIOR] = kept.write(behavior_to_v1(spec["behavior"]), kept.Behavior)
    _replace(spoke["metadata"], texts)


def _replace(metadata: Value, texts: dict[str, str]) -> None:
    """Have these texts, and no others of their kind, among the annotations."""
    annotations = metadata.get("annotations", {})
    if texts or not annotations.keys().isdisjoint(kept.ALL):
        own = {name: text for name, text in annotations.items() if name not in kept.ALL}
        metadata["annotations"] = own | texts
        if not metadata["annotations"]:
            del metadata["annotations"]


def _is_cpu_utilization(metric: Value) -> bool:
    resource = metric.get("resource") or {}
    is_cpu = metric.get("type") == "Resource" and resource.get("name") == "cpu"
    return is_cpu and (resource.get("target") or {}).get("averageUtilization") is not None


def _current_cpu(metric: Value) -> int | None:
    resource = metric.get("resource") or {}
    if metric.get("type") != "Resource" or resource.get("name") != "cpu":
        return None
    found: int | None = (resource.get("current") or {}).get("averageUtilization")
    return found


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
