"""Metrics and behavior in the words of v2, and in those of the annotations of v1.

All values are compiled structs, of the hub's types on one side and of those in `kept` on the
other; what is absent is ``msgspec.UNSET``, which is false.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

from msgspec import UNSET

from kconv.compile import LOOSE
from kconv.meta import LabelSelector
from kconv_schemas.autoscaling import kept
from kconv_schemas.autoscaling.v2 import types as v2

_KEPT = (
    kept.ContainerSource, kept.ContainerStatus, kept.CurrentMetric, kept.ExternalSource,
    kept.ExternalStatus, kept.Metric, kept.ObjectSource, kept.ObjectStatus, kept.PodsSource,
    kept.PodsStatus, kept.Policy, kept.Reference, kept.ResourceSource, kept.ResourceStatus,
    kept.Rules, kept.Behavior, kept.Selector,
)  # fmt: skip
_HUB = (
    v2.ContainerResourceMetricSource, v2.ContainerResourceMetricStatus,
    v2.CrossVersionObjectReference, v2.ExternalMetricSource, v2.ExternalMetricStatus,
    v2.HPAScalingPolicy, v2.HPAScalingRules, v2.HorizontalPodAutoscalerBehavior,
    v2.HorizontalPodAutoscalerStatus, v2.MetricIdentifier, v2.MetricSpec, v2.MetricStatus,
    v2.MetricTarget, v2.MetricValueStatus, v2.ObjectMetricSource, v2.ObjectMetricStatus,
    v2.PodsMetricSource, v2.PodsMetricStatus, v2.ResourceMetricSource, v2.ResourceMetricStatus,
    LabelSelector,
)  # fmt: skip


@cache
def kept_structs() -> Any:
    """The structs of the types in `kept`, by name."""
    return SimpleNamespace(**{each.__name__: LOOSE.struct(each) for each in _KEPT})


@cache
def hub_structs() -> Any:
    """The structs of the hub's types that differ in v1, by name."""
    return SimpleNamespace(**{each.__name__: LOOSE.struct(each) for each in _HUB})


@cache
def _nothing() -> Any:
    """A target and a current value in which all is absent, and the same of other parts."""
    hub = hub_structs()
    return SimpleNamespace(
        target=hub.MetricTarget(),
        current=hub.MetricValueStatus(),
        metric=hub.MetricIdentifier(),
        described=hub.CrossVersionObjectReference(),
    )


def metric_to_v1(metric: Any) -> Any:
    """A metric of the hub's spec as v1 has it in an annotation."""
    made, nothing = kept_structs(), _nothing()
    shape = made.Metric(type=metric.type or "")
    if of := metric.resource:
        target = of.target or nothing.target
        shape.resource = made.ResourceSource(
            name=of.name or "",
            targetAverageUtilization=target.averageUtilization,
            targetAverageValue=target.averageValue,
        )
    if of := metric.containerResource:
        target = of.target or nothing.target
        shape.containerResource = made.ContainerSource(
            name=of.name or "",
            targetAverageUtilization=target.averageUtilization,
            targetAverageValue=target.averageValue,
            container=of.container or "",
        )
    if of := metric.object:
        target, identifier = of.target or nothing.target, of.metric or nothing.metric
        shape.object = made.ObjectSource(
            target=_reference_to_v1(made, of.describedObject or nothing.described),
            metricName=identifier.name or "",
            targetValue=target.value or "0",
            selector=_selector_to_v1(made, identifier.selector),
            averageValue=target.averageValue,
        )
    if of := metric.pods:
        target, identifier = of.target or nothing.target, of.metric or nothing.metric
        shape.pods = made.PodsSource(
            metricName=identifier.name or "",
            targetAverageValue=target.averageValue or "0",
            selector=_selector_to_v1(made, identifier.selector),
        )
    if of := metric.external:
        target, identifier = of.target or nothing.target, of.metric or nothing.metric
        shape.external = made.ExternalSource(
            metricName=identifier.name or "",
            metricSelector=_selector_to_v1(made, identifier.selector),
            targetValue=target.value,
            targetAverageValue=target.averageValue,
        )
    return shape


def metric_from_v1(shape: Any) -> Any:
    """A metric of the hub's spec from what v1 has in an annotation."""
    made = hub_structs()
    metric = made.MetricSpec(type=shape.type)
    if of := shape.resource:
        metric.resource = made.ResourceMetricSource(name=of.name, target=_share(made, of))
    if of := shape.containerResource:
        metric.containerResource = made.ContainerResourceMetricSource(
            container=of.container, name=of.name, target=_share(made, of)
        )
    if of := shape.object:
        average, total = of.averageValue, of.targetValue
        metric.object = made.ObjectMetricSource(
            describedObject=_reference_from_v1(made, of.target),
            metric=_identifier(made, of.metricName, of.selector),
            target=made.MetricTarget(
                type="Value" if average is UNSET else "AverageValue",
                # v1 cannot leave the value out; Kubernetes lets no metric have it and an average.
                value=total if average is UNSET or total != "0" else UNSET,
                averageValue=average,
            ),
        )
    if of := shape.pods:
        metric.pods = made.PodsMetricSource(
            metric=_identifier(made, of.metricName, of.selector),
            target=made.MetricTarget(type="AverageValue", averageValue=of.targetAverageValue),
        )
    if of := shape.external:
        total = of.targetValue
        metric.external = made.ExternalMetricSource(
            metric=_identifier(made, of.metricName, of.metricSelector),
            target=made.MetricTarget(
                type="AverageValue" if total is UNSET else "Value",
                value=total,
                averageValue=of.targetAverageValue,
            ),
        )
    return metric


def current_to_v1(metric: Any) -> Any:
    """A metric of the hub's status as v1 has it in an annotation."""
    made, nothing = kept_structs(), _nothing()
    shape = made.CurrentMetric(type=metric.type or "")
    if of := metric.resource:
        current = of.current or nothing.current
        shape.resource = made.ResourceStatus(
            name=of.name or "",
            currentAverageUtilization=current.averageUtilization,
            currentAverageValue=current.averageValue or "0",
        )
    if of := metric.containerResource:
        current = of.current or nothing.current
        shape.containerResource = made.ContainerStatus(
            name=of.name or "",
            currentAverageUtilization=current.averageUtilization,
            currentAverageValue=current.averageValue or "0",
            container=of.container or "",
        )
    if of := metric.object:
        current, identifier = of.current or nothing.current, of.metric or nothing.metric
        shape.object = made.ObjectStatus(
            target=_reference_to_v1(made, of.describedObject or nothing.described),
            metricName=identifier.name or "",
            currentValue=current.value or "0",
            selector=_selector_to_v1(made, identifier.selector),
            averageValue=current.averageValue,
        )
    if of := metric.pods:
        current, identifier = of.current or nothing.current, of.metric or nothing.metric
        shape.pods = made.PodsStatus(
            metricName=identifier.name or "",
            currentAverageValue=current.averageValue or "0",
            selector=_selector_to_v1(made, identifier.selector),
        )
    if of := metric.external:
        current, identifier = of.current or nothing.current, of.metric or nothing.metric
        shape.external = made.ExternalStatus(
            metricName=identifier.name or "",
            metricSelector=_selector_to_v1(made, identifier.selector),
            currentValue=current.value or "0",
            currentAverageValue=current.averageValue,
        )
    return shape


def current_from_v1(shape: Any) -> Any:
    """A metric of the hub's status from what v1 has in an annotation."""
    made = hub_structs()
    value = made.MetricValueStatus
    metric = made.MetricStatus(type=shape.type)
    if of := shape.resource:
        metric.resource = made.ResourceMetricStatus(
            current=value(
                averageValue=of.currentAverageValue,
                averageUtilization=of.currentAverageUtilization,
            ),
            name=of.name,
        )
    if of := shape.containerResource:
        metric.containerResource = made.ContainerResourceMetricStatus(
            container=of.container,
            current=value(
                averageValue=of.currentAverageValue,
                averageUtilization=of.currentAverageUtilization,
            ),
            name=of.name,
        )
    if of := shape.object:
        metric.object = made.ObjectMetricStatus(
            current=value(value=of.currentValue, averageValue=of.averageValue),
            describedObject=_reference_from_v1(made, of.target),
            metric=_identifier(made, of.metricName, of.selector),
        )
    if of := shape.pods:
        metric.pods = made.PodsMetricStatus(
            current=value(averageValue=of.currentAverageValue),
            metric=_identifier(made, of.metricName, of.selector),
        )
    if of := shape.external:
        metric.external = made.ExternalMetricStatus(
            current=value(value=of.currentValue, averageValue=of.currentAverageValue),
            metric=_identifier(made, of.metricName, of.metricSelector),
        )
    return metric


def _reference_to_v1(made: Any, described: Any) -> Any:
    return made.Reference(
        kind=described.kind or "",
        name=described.name or "",
        apiVersion=described.apiVersion or UNSET,
    )


def _reference_from_v1(made: Any, target: Any) -> Any:
    return made.CrossVersionObjectReference(
        apiVersion=target.apiVersion, kind=target.kind, name=target.name
    )


def _selector_to_v1(made: Any, selector: Any) -> Any:
    """A selector whose labels are sorted, as Go writes maps."""
    if selector is UNSET:
        return UNSET
    labels = selector.matchLabels
    return made.Selector(
        matchLabels=dict(sorted(labels.items())) if labels and len(labels) > 1 else labels,
        matchExpressions=selector.matchExpressions,
    )


def _identifier(made: Any, name: str, selector: Any) -> Any:
    if selector is not UNSET:
        selector = made.LabelSelector(
            matchExpressions=selector.matchExpressions, matchLabels=selector.matchLabels
        )
    return made.MetricIdentifier(name=name, selector=selector)


def _share(made: Any, of: Any) -> Any:
    utilization = of.targetAverageUtilization
    return made.MetricTarget(
        type="AverageValue" if utilization is UNSET else "Utilization",
        averageValue=of.targetAverageValue,
        averageUtilization=utilization,
    )
