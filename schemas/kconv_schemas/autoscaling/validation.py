"""Rules of autoscaling, as ``pkg/apis/autoscaling/validation`` of Kubernetes has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kconv import Finding, Path, forbidden, invalid, not_supported, required, validates
from kconv.fields import quantity_value
from kconv_schemas.autoscaling.v1 import types as v1
from kconv_schemas.autoscaling.v2 import types as v2
from kconv_schemas.core.names import label_name, path_segment

Value = Mapping[str, Any]

_SOURCES = {
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
    "External": "external",
    "ContainerResource": "containerResource",
}
_CONTAINER_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_CORE_KINDS = ("ReplicationController",)
"""The scalable kinds that have no API group."""


@validates(v1.HorizontalPodAutoscalerSpec, v2.HorizontalPodAutoscalerSpec)
def replicas(value: Value) -> Iterator[Finding]:
    """There is a greatest number of replicas, not below the smallest."""
    most, least = value.get("maxReplicas") or 0, value.get("minReplicas")
    if most == 0:
        yield required(("maxReplicas",), "must be set and greater than 0")
    elif most < 1:
        yield invalid(("maxReplicas",), most, "must be greater than or equal to 1")
    if least is not None and most < least:
        yield invalid(("maxReplicas",), most, "must be greater than or equal to `minReplicas`")


@validates(v1.HorizontalPodAutoscalerSpec, v2.HorizontalPodAutoscalerSpec)
def scale_target(value: Value) -> Iterator[Finding]:
    """What is scaled is named in full."""
    target = value.get("scaleTargetRef")
    if target is None:
        return
    yield from _api_version(target, ("scaleTargetRef", "apiVersion"))


def _api_version(reference: Value, path: Path) -> Iterator[Finding]:
    """Kinds that can be scaled are in an API group, but for one."""
    text = reference.get("apiVersion") or ""
    yield from _group_version(text, path)
    if not text.rpartition("/")[0] and reference.get("kind") not in _CORE_KINDS:
        yield invalid(path, text, "apiVersion must specify API group")


def _group_version(text: str, path: Path) -> Iterator[Finding]:
    if text.count("/") > 1:
        yield invalid(path, text, f"unexpected GroupVersion string: {text}")


@validates(v1.HorizontalPodAutoscalerSpec)
def utilization(value: Value) -> Iterator[Finding]:
    """Kubernetes names the field of v2, whose metric it becomes."""
    share = value.get("targetCPUUtilizationPercentage")
    if share is not None and share < 1:
        path = ("metrics", 0, "resource", "target", "averageUtilization")
        yield invalid(path, share, "must be greater than 0")


@validates(v1.CrossVersionObjectReference, v2.CrossVersionObjectReference)
def reference(value: Value) -> Iterator[Finding]:
    """Kind and name can be parts of a URL."""
    for name in ("kind", "name"):
        yield from path_segment((name,), value.get(name) or "")


@validates(v2.MetricIdentifier)
def metric_name(value: Value) -> Iterator[Finding]:
    """So can the name of a metric."""
    yield from path_segment(("name",), value.get("name") or "")


@validates(v2.ContainerResourceMetricSource)
def container_resource(value: Value) -> Iterator[Finding]:
    """A container has the name that one may have, and its resource one that there is."""
    if value.get("container"):
        yield from label_name(("container",), value["container"])
    name = value.get("name") or ""
    is_standard = name in _CONTAINER_RESOURCES or name.startswith("hugepages-")
    if name and "/" not in name and not is_standard:
        yield invalid(("name",), name, "must be a standard resource for containers")


@validates(v2.HorizontalPodAutoscalerSpec)
def zero_replicas(value: Value) -> Iterator[Finding]:
    """What scales to zero is told by something else than its pods when to come back."""
    kinds = {each.get("type") for each in value.get("metrics") or ()}
    if value.get("minReplicas") == 0 and not kinds & {"Object", "External"}:
        message = (
            "must specify at least one Object or External metric to support scaling to zero "
            "replicas"
        )
        yield forbidden(("metrics",), message)


@validates(v2.MetricSpec)
def metric(value: Value) -> Iterator[Finding]:
    """A metric has the source that its type names, and no other."""
    kind = value.get("type") or ""
    wanted = _SOURCES.get(kind)
    present = [source for source in _SOURCES.values() if value.get(source) is not None]
    if not kind:
        # Kubernetes says it besides that it is required.
        yield not_supported(("type",), kind, tuple(sorted(_SOURCES)))
    if wanted is not None and wanted not in present:
        yield required((wanted,), "must populate information for the given metric source")
    for source in present:
        if source != wanted and len(present) > 1:
            yield forbidden((source,), "must populate the given metric source only")


@validates(v2.ResourceMetricSource, v2.ContainerResourceMetricSource)
def resource_target(value: Value) -> Iterator[Finding]:
    """A resource's target is a share or an amount."""
    target = value.get("target")
    if target is None:
        return
    share, amount = target.get("averageUtilization"), target.get("averageValue")
    if share is None and amount is None:
        message = "must set either a target raw value or a target utilization"
        yield required(("target", "averageUtilization"), message)
    if share is not None and amount is not None:
        message = "may not set both a target raw value and a target utilization"
        yield forbidden(("target", "averageValue"), message)


@validates(v2.PodsMetricSource)
def pods_target(value: Value) -> Iterator[Finding]:
    """A metric of the pods has an average as its target."""
    target = value.get("target")
    if target is not None and target.get("averageValue") is None:
        message = "must specify a positive target averageValue"
        yield required(("target", "averageValue"), message)


@validates(v2.ObjectMetricSource)
def object_target(value: Value) -> Iterator[Finding]:
    """A metric of an object has a value or an average per pod as its target."""
    if value.get("describedObject") is not None:
        text = value["describedObject"].get("apiVersion") or ""
        yield from _group_version(text, ("describedObject", "apiVersion"))
    yield from _value_or_average(
        value,
        "must set either a target value or averageValue",
        "may not set both a target averageValue and a target value",
    )


@validates(v2.ExternalMetricSource)
def external_target(value: Value) -> Iterator[Finding]:
    """A metric from elsewhere has a value or an average per pod as its target."""
    yield from _value_or_average(
        value,
        "must set either a target value for metric or a per-pod target",
        "may not set both a target value for metric and a per-pod target",
    )


def _value_or_average(value: Value, neither: str, both: str) -> Iterator[Finding]:
    target = value.get("target")
    if target is None:
        return
    total, average = target.get("value"), target.get("averageValue")
    if total is None and average is None:
        yield required(("target", "averageValue"), neither)
    if total is not None and average is not None:
        yield forbidden(("target", "value"), both)


@validates(v2.MetricTarget)
def positive(value: Value) -> Iterator[Finding]:
    """Targets are over zero, and of a type."""
    if value.get("type") not in ("Utilization", "Value", "AverageValue"):
        # Of an absent one, Kubernetes says it besides that it is required.
        message = "must be either Utilization, Value, or AverageValue"
        yield invalid(("type",), value.get("type") or "", message)
    share = value.get("averageUtilization")
    if share is not None and share < 1:
        yield invalid(("averageUtilization",), share, "must be greater than 0")
    for name in ("averageValue", "value"):
        amount = value.get(name)
        if amount is not None and quantity_value(amount) <= 0:
            yield invalid((name,), amount, "must be positive")


@validates(v2.HPAScalingRules)
def policies(value: Value) -> Iterator[Finding]:
    """Rules have a policy at least; a window alone says nothing of how far to go."""
    given = value.get("policies")
    if given is not None and not given:
        yield required(("policies",), "must specify at least one Policy")
    tolerance = value.get("tolerance")
    if tolerance is not None and quantity_value(tolerance) < 0:
        path: Path = ("tolerance",)
        yield invalid(path, tolerance, "must be greater or equal to zero")
