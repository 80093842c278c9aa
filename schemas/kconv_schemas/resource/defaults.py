"""Computed defaults of resource, as ``pkg/apis/resource/*/defaults.go`` of Kubernetes has them.

But for one: a taint that does not say since when gets no time here, since a conversion that knows
the time of day would give another result each time.
"""

from __future__ import annotations

from typing import Any

from kconv import defaults
from kconv_schemas.resource.v1 import types as v1
from kconv_schemas.resource.v1beta1 import types as v1beta1
from kconv_schemas.resource.v1beta2 import types as v1beta2

_EXACT = "ExactCount"

Value = dict[str, Any]


@defaults(
    v1.ExactDeviceRequest,
    v1.DeviceSubRequest,
    v1beta2.ExactDeviceRequest,
    v1beta2.DeviceSubRequest,
    v1beta1.DeviceSubRequest,
)
def exactly_one(value: Value) -> None:
    """A request is for one device, unless it says how many, or for all."""
    value["allocationMode"] = value.get("allocationMode") or _EXACT
    if value["allocationMode"] == _EXACT and not value.get("count"):
        value["count"] = 1


@defaults(v1beta1.DeviceRequest)
def one_of_a_class(value: Value) -> None:
    """So is one of v1beta1 that names a class, and so has no alternatives."""
    if value.get("deviceClassName"):
        exactly_one(value)
