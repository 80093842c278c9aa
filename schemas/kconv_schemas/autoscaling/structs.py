"""The structs that conversions make, by the names of their types, compiled when first asked for.

They are attributes of this module, so that functions which make dozens of objects find them as
fast as names of their own. ``NO_TARGET`` and its like are objects in which all is absent.
"""

from __future__ import annotations

from typing import Any, Final

from kconv import Type, meta
from kconv._compile import LOOSE
from kconv_schemas.autoscaling import kept
from kconv_schemas.autoscaling.v1 import types as v1
from kconv_schemas.autoscaling.v2 import types as v2

_TYPES: Final[dict[str, type[Type]]] = {
    "V1Status": v1.HorizontalPodAutoscalerStatus,
    "V2Status": v2.HorizontalPodAutoscalerStatus,
} | {
    each.__name__: each
    for each in (
        kept.Behavior, kept.Condition, kept.ContainerSource, kept.ContainerStatus,
        kept.CurrentMetric, kept.ExternalSource, kept.ExternalStatus, kept.Metric,
        kept.ObjectSource, kept.ObjectStatus, kept.PodsSource, kept.PodsStatus, kept.Policy,
        kept.Reference, kept.ResourceSource, kept.ResourceStatus, kept.Rules, kept.Selector,
        v2.ContainerResourceMetricSource, v2.ContainerResourceMetricStatus,
        v2.CrossVersionObjectReference, v2.ExternalMetricSource, v2.ExternalMetricStatus,
        v2.HPAScalingPolicy, v2.HPAScalingRules, v2.HorizontalPodAutoscalerBehavior,
        v2.HorizontalPodAutoscalerCondition, v2.MetricIdentifier, v2.MetricSpec, v2.MetricStatus,
        v2.MetricTarget, v2.MetricValueStatus, v2.ObjectMetricSource, v2.ObjectMetricStatus,
        v2.PodsMetricSource, v2.PodsMetricStatus, v2.ResourceMetricSource, v2.ResourceMetricStatus,
        meta.LabelSelector,
    )
}  # fmt: skip
_NOTHING: Final = {
    "NO_CURRENT": v2.MetricValueStatus,
    "NO_METRIC": v2.MetricIdentifier,
    "NO_REFERENCE": v2.CrossVersionObjectReference,
    "NO_TARGET": v2.MetricTarget,
}


def __getattr__(name: str) -> Any:
    if name in _NOTHING:
        found: Any = LOOSE.struct(_NOTHING[name])()
    elif name in _TYPES:
        found = LOOSE.struct(_TYPES[name])
    else:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    globals()[name] = found
    return found
