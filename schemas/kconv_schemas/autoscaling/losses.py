"""What a v1 HorizontalPodAutoscaler keeps in annotations, and what it cannot keep even there.

Paths are those of the hub, or behind ``spoke:`` those of v1. A last step in parentheses says that
only so much is lost: that a field was absent, that it was there and zero, or a list's order.
"""

from __future__ import annotations

from kconv_schemas.autoscaling import kept

KEPT = {
    "spec.metrics": kept.METRICS,
    "spec.behavior": kept.BEHAVIOR,
    "status.currentMetrics": kept.CURRENT_METRICS,
    "status.conditions": kept.CONDITIONS,
}

_TYPE = "{} does not have it; it follows from which of the target's values is set"
_FOREIGN = "{} does not have it for this kind of metric, for which Kubernetes ignores it"
_FILLED = "{} cannot leave it out; it comes back as 0"
_ZERO = "{} does not tell zero from absent"


def _target() -> dict[str, str]:
    lost = {}
    for source in ("resource", "containerResource", "object", "pods", "external"):
        lost[f"spec.metrics[*].{source}.target.type"] = _TYPE
    for source in ("resource", "containerResource", "pods"):
        lost[f"spec.metrics[*].{source}.target.value"] = _FOREIGN
    for source in ("object", "pods", "external"):
        lost[f"spec.metrics[*].{source}.target.averageUtilization"] = _FOREIGN
    lost["spec.metrics[*].pods.target.averageValue.(absent)"] = _FILLED
    lost["spec.metrics[*].object.target.value.(absent)"] = _FILLED
    lost["spec.metrics[*].object.target.value.(zero)"] = _ZERO
    return lost


def _current() -> dict[str, str]:
    lost = {}
    for source in ("resource", "containerResource", "pods"):
        lost[f"status.currentMetrics[*].{source}.current.value"] = _FOREIGN
        lost[f"status.currentMetrics[*].{source}.current.averageValue.(absent)"] = _FILLED
    for source in ("object", "external"):
        lost[f"status.currentMetrics[*].{source}.current.value.(absent)"] = _FILLED
    for source in ("object", "pods", "external"):
        lost[f"status.currentMetrics[*].{source}.current.averageUtilization"] = _FOREIGN
    return lost


def lost_metrics(version: str) -> dict[str, str]:
    """What v1 and v2beta1 cannot say of metrics."""
    lost = {
        **_target(),
        "spec.metrics[*].object.describedObject.apiVersion.(zero)": _ZERO,
        **_current(),
        "status.currentMetrics[*].object.describedObject.apiVersion.(zero)": _ZERO,
    }
    return {path: reason.format(version) for path, reason in lost.items()}


LOST = {
    "spec.metrics.(order)": "the target of CPU utilization comes back as the last one",
    **lost_metrics("v1"),
    "status.currentMetrics.(zero)": _ZERO.format("v1"),
    "status.conditions.(zero)": _ZERO.format("v1"),
    "status.currentReplicas.(zero)": _ZERO.format("v1"),
    "spoke:spec.targetCPUUtilizationPercentage.(absent)": (
        "an autoscaler without any metric comes back with the 80 that this means"
    ),
}
