"""Computed defaults of autoscaling, as ``pkg/apis/autoscaling/v2/defaults.go`` has them."""

from __future__ import annotations

import copy
from typing import Any

from kconv import defaults, derives
from kconv_schemas.autoscaling.v2.types import HorizontalPodAutoscalerSpec

_PODS = {"type": "Pods", "value": 4, "periodSeconds": 15}
_PERCENT = {"type": "Percent", "value": 100, "periodSeconds": 15}
_SCALE_UP = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [_PODS, _PERCENT],
}
_SCALE_DOWN = {"selectPolicy": "Max", "policies": [_PERCENT]}


CPU_UTILIZATION = 80
"""The share of the requested CPU, in percent, that is aimed at where no metric is given."""


@derives(HorizontalPodAutoscalerSpec, field="metrics")
def metrics() -> list[dict[str, Any]]:
    """Without any metric, CPU counts."""
    target = {"type": "Utilization", "averageUtilization": CPU_UTILIZATION}
    return [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


_RULES: dict[str, dict[str, Any]] = {"scaleUp": _SCALE_UP, "scaleDown": _SCALE_DOWN}


@defaults(
    HorizontalPodAutoscalerSpec,
    when=("behavior",),
    lacking=[
        f"behavior.{direction}.{name}" for direction, rules in _RULES.items() for name in rules
    ],
)
def behavior(value: dict[str, Any]) -> None:
    """Who sets one part of the behavior gets the rest of it spelled out."""
    given = value["behavior"]
    for direction, rules in _RULES.items():
        own = given.get(direction, {})
        if not all(map(own.__contains__, rules)):
            given[direction] = {**copy.deepcopy(rules), **own}
