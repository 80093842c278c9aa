"""Metrics in the words of v2, and in those of the annotations of v1, which v2beta1 has as well.

All values are compiled structs, of the hub's types on one side and of those in `kept` on the
other; what is absent is ``msgspec.UNSET``, which is false.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from kconv_schemas.autoscaling import structs as made


def metric_to_v1(metric: Any, shapes: Any = made) -> Any:
    """A metric of the hub's spec as v1 has it in an annotation, or v2beta1 in its own `shapes`."""
    resource, container = metric.resource, metric.containerResource
    described, pods, external = metric.object, metric.pods, metric.external
    if resource:
        target = resource.target or made.NO_TARGET
        resource = shapes.ResourceSource(
            name=resource.name or "",
            targetAverageUtilization=target.averageUtilization,
            targetAverageValue=target.averageValue,
        )
    if container:
        target = container.target or made.NO_TARGET
        container = shapes.ContainerSource(
            name=container.name or "",
            targetAverageUtilization=target.averageUtilization,
            targetAverageValue=target.averageValue,
            container=container.container or "",
        )
    if described:
        target = described.target or made.NO_TARGET
        identifier = described.metric or made.NO_METRIC
        described = shapes.ObjectSource(
            target=_reference_to_v1(described.describedObject or made.NO_REFERENCE, shapes),
            metricName=identifier.name or "",
            targetValue=target.value or "0",
            selector=_selector_to_v1(identifier.selector, shapes),
            averageValue=target.averageValue,
        )
    if pods:
        target, identifier = pods.target or made.NO_TARGET, pods.metric or made.NO_METRIC
        pods = shapes.PodsSource(
            metricName=identifier.name or "",
            targetAverageValue=target.averageValue or "0",
            selector=_selector_to_v1(identifier.selector, shapes),
        )
    if external:
        target, identifier = external.target or made.NO_TARGET, external.metric or made.NO_METRIC
        external = shapes.ExternalSource(
            metricName=identifier.name or "",
            metricSelector=_selector_to_v1(identifier.selector, shapes),
            targetValue=target.value,
            targetAverageValue=target.averageValue,
        )
    return shapes.Metric(
        type=metric.type or "",
        object=described,
        pods=pods,
        resource=resource,
        containerResource=container,
        external=external,
    )


def metric_from_v1(shape: Any) -> Any:
    """A metric of the hub's spec from what v1 has in an annotation, or v2beta1 in itself."""
    metric = made.MetricSpec(type=shape.type)
    if of := shape.resource:
        metric.resource = made.ResourceMetricSource(name=of.name, target=_share(of))
    if of := shape.containerResource:
        metric.containerResource = made.ContainerResourceMetricSource(
            container=of.container, name=of.name, target=_share(of)
        )
    if of := shape.object:
        average, total = of.averageValue, of.targetValue
        metric.object = made.ObjectMetricSource(
            describedObject=_reference_from_v1(of.target),
            metric=_identifier(of.metricName, of.selector),
            target=made.MetricTarget(
                type="Value" if average is UNSET else "AverageValue",
                # v1 cannot leave the value out; Kubernetes lets no metric have it and an average.
                value=total if average is UNSET or total != "0" else UNSET,
                averageValue=average,
            ),
        )
    if of := shape.pods:
        metric.pods = made.PodsMetricSource(
            metric=_identifier(of.metricName, of.selector),
            target=made.MetricTarget(type="AverageValue", averageValue=of.targetAverageValue),
        )
    if of := shape.external:
        total = of.targetValue
        metric.external = made.ExternalMetricSource(
            metric=_identifier(of.metricName, of.metricSelector),
            target=made.MetricTarget(
                type="AverageValue" if total is UNSET else "Value",
                value=total,
                averageValue=of.targetAverageValue,
            ),
        )
    return metric


def current_to_v1(metric: Any, shapes: Any = made) -> Any:
    """A metric of the hub's status, likewise."""
    resource, container = metric.resource, metric.containerResource
    described, pods, external = metric.object, metric.pods, metric.external
    if resource:
        current = resource.current or made.NO_CURRENT
        resource = shapes.ResourceStatus(
            name=resource.name or "",
            currentAverageUtilization=current.averageUtilization,
            currentAverageValue=current.averageValue or "0",
        )
    if container:
        current = container.current or made.NO_CURRENT
        container = shapes.ContainerStatus(
            name=container.name or "",
            currentAverageUtilization=current.averageUtilization,
            currentAverageValue=current.averageValue or "0",
            container=container.container or "",
        )
    if described:
        current = described.current or made.NO_CURRENT
        identifier = described.metric or made.NO_METRIC
        described = shapes.ObjectStatus(
            target=_reference_to_v1(described.describedObject or made.NO_REFERENCE, shapes),
            metricName=identifier.name or "",
            currentValue=current.value or "0",
            selector=_selector_to_v1(identifier.selector, shapes),
            averageValue=current.averageValue,
        )
    if pods:
        current, identifier = pods.current or made.NO_CURRENT, pods.metric or made.NO_METRIC
        pods = shapes.PodsStatus(
            metricName=identifier.name or "",
            currentAverageValue=current.averageValue or "0",
            selector=_selector_to_v1(identifier.selector, shapes),
        )
    if external:
        current = external.current or made.NO_CURRENT
        identifier = external.metric or made.NO_METRIC
        external = shapes.ExternalStatus(
            metricName=identifier.name or "",
            metricSelector=_selector_to_v1(identifier.selector, shapes),
            currentValue=current.value or "0",
            currentAverageValue=current.averageValue,
        )
    return shapes.CurrentMetric(
        type=metric.type or "",
        object=described,
        pods=pods,
        resource=resource,
        containerResource=container,
        external=external,
    )


def current_from_v1(shape: Any) -> Any:
    """A metric of the hub's status, likewise."""
    metric = made.MetricStatus(type=shape.type)
    if of := shape.resource:
        metric.resource = made.ResourceMetricStatus(
            current=made.MetricValueStatus(
                averageValue=of.currentAverageValue,
                averageUtilization=of.currentAverageUtilization,
            ),
            name=of.name,
        )
    if of := shape.containerResource:
        metric.containerResource = made.ContainerResourceMetricStatus(
            container=of.container,
            current=made.MetricValueStatus(
                averageValue=of.currentAverageValue,
                averageUtilization=of.currentAverageUtilization,
            ),
            name=of.name,
        )
    if of := shape.object:
        metric.object = made.ObjectMetricStatus(
            current=made.MetricValueStatus(value=of.currentValue, averageValue=of.averageValue),
            describedObject=_reference_from_v1(of.target),
            metric=_identifier(of.metricName, of.selector),
        )
    if of := shape.pods:
        metric.pods = made.PodsMetricStatus(
            current=made.MetricValueStatus(averageValue=of.currentAverageValue),
            metric=_identifier(of.metricName, of.selector),
        )
    if of := shape.external:
        metric.external = made.ExternalMetricStatus(
            current=made.MetricValueStatus(
                value=of.currentValue, averageValue=of.currentAverageValue
            ),
            metric=_identifier(of.metricName, of.metricSelector),
        )
    return metric


def _reference_to_v1(described: Any, shapes: Any) -> Any:
    return shapes.Reference(
        kind=described.kind or "",
        name=described.name or "",
        apiVersion=described.apiVersion or UNSET,
    )


def _reference_from_v1(target: Any) -> Any:
    return made.CrossVersionObjectReference(
        apiVersion=target.apiVersion, kind=target.kind, name=target.name
    )


def _selector_to_v1(selector: Any, shapes: Any) -> Any:
    """A selector whose labels are sorted, as Go writes maps."""
    if selector is UNSET:
        return UNSET
    labels, requirements = selector.matchLabels, selector.matchExpressions
    if labels and len(labels) > 1:
        labels = dict(sorted(labels.items()))
    for each in requirements or ():
        if not (each.key and each.operator):
            requirements = _requirements_to_v1(requirements)
            break
    return shapes.Selector(matchLabels=labels, matchExpressions=requirements)


def _requirements_to_v1(requirements: Any) -> Any:
    """Requirements in which Go writes the key and the operator even if they are empty."""
    written = [each.__copy__() for each in requirements]
    for each in written:
        each.key, each.operator = each.key or "", each.operator or ""
    return written


def _identifier(name: str, selector: Any) -> Any:
    if selector is not UNSET:
        selector = made.LabelSelector(
            matchExpressions=selector.matchExpressions, matchLabels=selector.matchLabels
        )
    return made.MetricIdentifier(name=name, selector=selector)


def _share(of: Any) -> Any:
    utilization = of.targetAverageUtilization
    return made.MetricTarget(
        type="AverageValue" if utilization is UNSET else "Utilization",
        averageValue=of.targetAverageValue,
        averageUtilization=utilization,
    )
