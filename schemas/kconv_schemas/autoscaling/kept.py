"""What autoscaling/v1 cannot hold, in the annotations where Kubernetes keeps it.

The shapes are those of Kubernetes' ``k8s.io/api/autoscaling/v1`` types, fields in the order of
Go, but for the behavior, which is Kubernetes' internal type and so has capitalised names. Texts
are written as Go's encoding/json writes them, and read as it reads them: names in any case, the
whole text ignored when any of it is of a wrong type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import marshmallow

from kconv.fields import Int32, List, Map, Object, Quantity, String, Time
from kconv.fields.base import Field
from kconv.meta import LabelSelectorRequirement
from kconv.schema import Type

Value = dict[str, Any]

_PREFIX = "autoscaling.alpha.kubernetes.io/"
METRICS = f"{_PREFIX}metrics"
BEHAVIOR = f"{_PREFIX}behavior"
CONDITIONS = f"{_PREFIX}conditions"
CURRENT_METRICS = f"{_PREFIX}current-metrics"
ALL = (METRICS, BEHAVIOR, CONDITIONS, CURRENT_METRICS)


class _Reference(Type):
    kind = String(load_default="")
    name = String(load_default="")
    apiVersion = String()


class _Selector(Type):
    matchLabels = Map(String())
    matchExpressions = List(Object(LabelSelectorRequirement))


class _ObjectSource(Type):
    target = Object(_Reference, load_default=dict)
    metricName = String(load_default="")
    targetValue = Quantity(load_default="0")
    selector = Object(_Selector)
    averageValue = Quantity()


class _PodsSource(Type):
    metricName = String(load_default="")
    targetAverageValue = Quantity(load_default="0")
    selector = Object(_Selector)


class _ResourceSource(Type):
    name = String(load_default="")
    targetAverageUtilization = Int32()
    targetAverageValue = Quantity()


class _ContainerSource(_ResourceSource):
    container = String(load_default="")


class _ExternalSource(Type):
    metricName = String(load_default="")
    metricSelector = Object(_Selector)
    targetValue = Quantity()
    targetAverageValue = Quantity()


class Metric(Type):
    """A metric of the spec, in the words of v1."""

    type = String(load_default="")
    object = Object(_ObjectSource)
    pods = Object(_PodsSource)
    resource = Object(_ResourceSource)
    containerResource = Object(_ContainerSource)
    external = Object(_ExternalSource)


class _ObjectStatus(Type):
    target = Object(_Reference, load_default=dict)
    metricName = String(load_default="")
    currentValue = Quantity(load_default="0")
    selector = Object(_Selector)
    averageValue = Quantity()


class _PodsStatus(Type):
    metricName = String(load_default="")
    currentAverageValue = Quantity(load_default="0")
    selector = Object(_Selector)


class _ResourceStatus(Type):
    name = String(load_default="")
    currentAverageUtilization = Int32()
    currentAverageValue = Quantity(load_default="0")


class _ContainerStatus(_ResourceStatus):
    container = String(load_default="")


class _ExternalStatus(Type):
    metricName = String(load_default="")
    metricSelector = Object(_Selector)
    currentValue = Quantity(load_default="0")
    currentAverageValue = Quantity()


class CurrentMetric(Type):
    """A metric of the status, in the words of v1."""

    type = String(load_default="")
    object = Object(_ObjectStatus)
    pods = Object(_PodsStatus)
    resource = Object(_ResourceStatus)
    containerResource = Object(_ContainerStatus)
    external = Object(_ExternalStatus)


class Condition(Type):
    """A condition of the status, in the words of v1."""

    type = String(load_default="")
    status = String(load_default="")
    lastTransitionTime = Time()
    reason = String()
    message = String()


class _Policy(Type):
    type = String(load_default="", data_key="Type")
    value = Int32(load_default=0, data_key="Value")
    periodSeconds = Int32(load_default=0, data_key="PeriodSeconds")


class _Rules(Type):
    stabilizationWindowSeconds = Int32(data_key="StabilizationWindowSeconds")
    selectPolicy = String(data_key="SelectPolicy")
    policies = List(Object(_Policy), data_key="Policies")
    tolerance = Quantity(data_key="Tolerance")


class Behavior(Type):
    """The behavior, in Kubernetes' internal words."""

    scaleUp = Object(_Rules, data_key="ScaleUp")
    scaleDown = Object(_Rules, data_key="ScaleDown")


def read(annotations: Mapping[str, str], name: str, type_: type[Type]) -> Value | None:
    """The object in an annotation; None when it is absent or malformed."""
    found = _parse(annotations, name)
    decoded = _decode(Object(type_), found) if found is not None else None
    return cast("Value | None", decoded)


def read_list(annotations: Mapping[str, str], name: str, type_: type[Type]) -> list[Value] | None:
    """The objects in an annotation; None when it is absent or malformed."""
    found = _parse(annotations, name)
    decoded = _decode(List(Object(type_)), found) if found is not None else None
    return cast("list[Value] | None", decoded)


def _parse(annotations: Mapping[str, str], name: str) -> Any:
    try:
        return json.loads(annotations[name])
    except (KeyError, ValueError, RecursionError):
        return None


def _decode(field: Field, value: Any) -> Any:
    try:
        return field.deserialize(_named(field, value))
    except (marshmallow.ValidationError, RecursionError):
        return None


def _named(field: marshmallow.fields.Field[Any], value: Any) -> Any:
    """The value with its objects' keys spelled as their types spell them."""
    if isinstance(field, Object) and isinstance(value, dict):
        fields = field.type.instance().wire_fields()
        names = {name.lower(): name for name in fields}
        known = {names[key.lower()]: each for key, each in value.items() if key.lower() in names}
        return {name: _named(fields[name], each) for name, each in known.items()}
    if isinstance(field, List) and isinstance(value, list):
        return [_named(field.inner, each) for each in value]
    return value


def write(value: Value | list[Value], type_: type[Type]) -> str:
    """The text of an annotation: fields in the order of the type, maps sorted, compact."""
    schema = type_.instance()
    many = isinstance(value, list)
    return _text([_ordered(schema, each) for each in value] if many else _ordered(schema, value))


def _ordered(schema: Type, value: Any) -> Value:
    ordered: Value = {}
    for name, field in schema.wire_fields().items():
        if name in value:
            ordered[name] = _ordered_in(field, value[name])
    return ordered


def _ordered_in(field: marshmallow.fields.Field[Any], value: Any) -> Any:
    if isinstance(field, Object) and isinstance(value, dict):
        return _ordered(field.type.instance(), value)
    if isinstance(field, List) and isinstance(value, list):
        return [_ordered_in(field.inner, each) for each in value]
    if isinstance(field, Map) and isinstance(value, dict):
        return dict(sorted(value.items()))
    return value


_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
"""What Go writes for characters that would be unsafe within HTML or JavaScript."""


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).translate(_ESCAPES)
