"""What autoscaling/v1 cannot hold, in the annotations where Kubernetes keeps it.

The shapes are those of Kubernetes' ``k8s.io/api/autoscaling/v1`` types, fields in the order of
Go, but for the behavior, which is Kubernetes' internal type and so has capitalised names. Texts
are written as Go's encoding/json writes them, and read as it reads them: names in any case, the
whole text ignored when any of it is of a wrong type.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import marshmallow
import msgspec

from kconv import TooLarge, Type
from kconv._compile import LOOSE, Refused, Types, convert, decoder
from kconv.fields import Field, Int32, List, Map, Object, Quantity, String, Time, spec_of
from kconv.fields._base import elements_of
from kconv.meta import LabelSelectorRequirement

_PREFIX = "autoscaling.alpha.kubernetes.io/"
METRICS = f"{_PREFIX}metrics"
BEHAVIOR = f"{_PREFIX}behavior"
CONDITIONS = f"{_PREFIX}conditions"
CURRENT_METRICS = f"{_PREFIX}current-metrics"
SCALE_DOWN_TOLERANCE = f"{_PREFIX}scale-down-tolerance"
SCALE_UP_TOLERANCE = f"{_PREFIX}scale-up-tolerance"
ALL = (
    METRICS,
    BEHAVIOR,
    CONDITIONS,
    CURRENT_METRICS,
    SCALE_DOWN_TOLERANCE,
    SCALE_UP_TOLERANCE,
)
"""What any version keeps in annotations; none leaves those of another one behind."""


class Reference(Type):
    kind = String(load_default="")
    name = String(load_default="")
    apiVersion = String()


class Selector(Type):
    matchLabels = Map(String())
    matchExpressions = List(Object(LabelSelectorRequirement))


class ObjectSource(Type):
    target = Object(Reference, load_default=dict)
    metricName = String(load_default="")
    targetValue = Quantity(load_default="0")
    selector = Object(Selector)
    averageValue = Quantity()


class PodsSource(Type):
    metricName = String(load_default="")
    targetAverageValue = Quantity(load_default="0")
    selector = Object(Selector)


class ResourceSource(Type):
    name = String(load_default="")
    targetAverageUtilization = Int32()
    targetAverageValue = Quantity()


class ContainerSource(ResourceSource):
    container = String(load_default="")


class ExternalSource(Type):
    metricName = String(load_default="")
    metricSelector = Object(Selector)
    targetValue = Quantity()
    targetAverageValue = Quantity()


class Metric(Type):
    """A metric of the spec, in the words of v1."""

    type = String(load_default="")
    object = Object(ObjectSource)
    pods = Object(PodsSource)
    resource = Object(ResourceSource)
    containerResource = Object(ContainerSource)
    external = Object(ExternalSource)


class ObjectStatus(Type):
    target = Object(Reference, load_default=dict)
    metricName = String(load_default="")
    currentValue = Quantity(load_default="0")
    selector = Object(Selector)
    averageValue = Quantity()


class PodsStatus(Type):
    metricName = String(load_default="")
    currentAverageValue = Quantity(load_default="0")
    selector = Object(Selector)


class ResourceStatus(Type):
    name = String(load_default="")
    currentAverageUtilization = Int32()
    currentAverageValue = Quantity(load_default="0")


class ContainerStatus(ResourceStatus):
    container = String(load_default="")


class ExternalStatus(Type):
    metricName = String(load_default="")
    metricSelector = Object(Selector)
    currentValue = Quantity(load_default="0")
    currentAverageValue = Quantity()


class CurrentMetric(Type):
    """A metric of the status, in the words of v1."""

    type = String(load_default="")
    object = Object(ObjectStatus)
    pods = Object(PodsStatus)
    resource = Object(ResourceStatus)
    containerResource = Object(ContainerStatus)
    external = Object(ExternalStatus)


class Condition(Type):
    """A condition of the status, in the words of v1."""

    type = String(load_default="")
    status = String(load_default="")
    lastTransitionTime = Time()
    reason = String()
    message = String()


class Policy(Type):
    type = String(load_default="", data_key="Type")
    value = Int32(load_default=0, data_key="Value")
    periodSeconds = Int32(load_default=0, data_key="PeriodSeconds")


class Rules(Type):
    stabilizationWindowSeconds = Int32(data_key="StabilizationWindowSeconds")
    selectPolicy = String(data_key="SelectPolicy")
    policies = List(Object(Policy), data_key="Policies")
    tolerance = Quantity(data_key="Tolerance")


class Behavior(Type):
    """The behavior, in Kubernetes' internal words."""

    scaleUp = Object(Rules, data_key="ScaleUp")
    scaleDown = Object(Rules, data_key="ScaleDown")


def read(annotations: Mapping[str, str], name: str, type_: type[Type]) -> Any:
    """The object in an annotation, as a struct; None when it is absent or malformed."""
    text = annotations.get(name)
    return None if text is None else _reader(type_, many=False)(text)


def read_list(annotations: Mapping[str, str], name: str, type_: type[Type]) -> list[Any] | None:
    """The objects in an annotation, as structs; None when it is absent or malformed."""
    text = annotations.get(name)
    return None if text is None else _reader(type_, many=True)(text)


_AS_WRITTEN = Types(closed=True, finish=True)
"""Read texts that spell all names as they are written here, and hold no nulls."""


@cache
def _reader(type_: type[Type], *, many: bool) -> Callable[[str], Any]:
    struct: Any = _AS_WRITTEN.struct(type_)
    loose: Any = LOOSE.struct(type_)
    field: Field = List(Object(type_)) if many else Object(type_)
    decode = decoder(list[struct] if many else struct)

    def read(text: str) -> Any:
        try:
            return decode(text)
        except (msgspec.MsgspecError, Refused, TooLarge, RecursionError, UnicodeEncodeError):
            found = _decoded(field, text)
            return None if found is None else convert(found, list[loose] if many else loose)

    return read


def _decoded(field: Field, text: str) -> Any:
    """As `_reader`, for texts however they are spelled; dicts."""
    try:
        value = json.loads(text)
        return None if value is None else field.deserialize(_with_declared_names(field, value))
    except (ValueError, RecursionError, marshmallow.ValidationError):
        return None


def _with_declared_names(field: marshmallow.fields.Field[Any], value: Any) -> Any:
    """The value with its objects' keys spelled as their types spell them."""
    spec = spec_of(field)
    if spec.object_type is not None and isinstance(value, dict):
        fields = spec.object_type.instance().wire_fields()
        names = {name.lower(): name for name in fields}
        known = {names[key.lower()]: each for key, each in value.items() if key.lower() in names}
        return {name: _with_declared_names(fields[name], each) for name, each in known.items()}
    if spec.structure == "list" and isinstance(value, list):
        return [_with_declared_names(inner, each) for _, each, inner in elements_of(spec, value)]
    return value


_encode = msgspec.json.Encoder().encode
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
"""What Go writes for characters that would be unsafe within HTML or JavaScript."""


def write(value: Any) -> str:
    """The text of an annotation: a struct or a list of them, in the order of their fields."""
    text = _encode(value).decode()
    if text.isascii() and not ("<" in text or ">" in text or "&" in text):
        return text
    return text.translate(_ESCAPES)
