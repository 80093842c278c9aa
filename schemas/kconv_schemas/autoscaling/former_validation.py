"""Rules of the versions that Kubernetes no longer serves: those of v2, about their own fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import Finding, forbidden, invalid, required, validates
from kconv.fields import quantity_value
from kconv_schemas.autoscaling import v2beta1, v2beta2
from kconv_schemas.autoscaling import validation as rules
from kconv_schemas.core.names import path_segment

Value = Mapping[str, Any]

validates(v2beta1.HorizontalPodAutoscalerSpec)(rules.replicas)
validates(v2beta1.HorizontalPodAutoscalerSpec)(rules.scale_target)
validates(v2beta1.HorizontalPodAutoscalerSpec)(rules.zero_replicas)
validates(v2beta1.MetricSpec)(rules.metric)
validates(v2beta1.ContainerResourceMetricSource)(rules.container_resource)
validates(v2beta2.HPAScalingRules)(rules.policies)


@validates(
    v2beta1.ExternalMetricSource,
    v2beta1.ObjectMetricSource,
    v2beta1.PodsMetricSource,
)
def metric_name(value: Value) -> Iterator[Finding]:
    """The name of a metric can be a part of a URL."""
    yield from path_segment(("metricName",), value.get("metricName") or "")


@validates(
    v2beta1.ContainerResourceMetricSource,
    v2beta1.ExternalMetricSource,
    v2beta1.PodsMetricSource,
    v2beta1.ResourceMetricSource,
)
def positive(value: Value) -> Iterator[Finding]:
    """Targets are over zero."""
    share = value.get("targetAverageUtilization")
    if share is not None and share < 1:
        yield invalid(("targetAverageUtilization",), share, "must be greater than 0")
    yield from _positive(value, "targetValue", "targetAverageValue")


def _positive(value: Value, *names: str) -> Iterator[Finding]:
    for name in names:
        amount = value.get(name)
        if amount is not None and quantity_value(amount) <= 0:
            yield invalid((name,), amount, "must be positive")


@validates(v2beta1.ResourceMetricSource)
def resource_target(value: Value) -> Iterator[Finding]:
    """A resource's target is a share or an amount."""
    share, amount = value.get("targetAverageUtilization"), value.get("targetAverageValue")
    if share is None and amount is None:
        message = "must set either a target raw value or a target utilization"
        yield required(("targetAverageUtilization",), message)
    if share is not None and amount is not None:
        message = "may not set both a target raw value and a target utilization"
        yield forbidden(("targetAverageValue",), message)


@validates(v2beta1.ObjectMetricSource)
def object_target(value: Value) -> Iterator[Finding]:
    """A metric of an object has a value or an average per pod as its target; 0 stands for none."""
    total, average = value.get("targetValue"), value.get("averageValue")
    yield from _positive(value, "averageValue")
    if average is None:
        yield from _positive(value, "targetValue")
    elif total is not None and quantity_value(total) != 0:
        message = "may not set both a target averageValue and a target value"
        yield forbidden(("targetValue",), message)


@validates(v2beta1.ExternalMetricSource)
def external_target(value: Value) -> Iterator[Finding]:
    """A metric from elsewhere has a value or an average per pod as its target."""
    total, average = value.get("targetValue"), value.get("targetAverageValue")
    if total is None and average is None:
        message = "must set either a target value for metric or a per-pod target"
        yield required(("targetAverageValue",), message)
    if total is not None and average is not None:
        message = "may not set both a target value for metric and a per-pod target"
        yield forbidden(("targetValue",), message)
