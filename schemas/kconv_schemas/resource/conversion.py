"""v1beta1 to the hub and back, as ``pkg/apis/resource/v1beta1/conversion.go`` does it.

What a request asks for is an object ``exactly`` in the hub, and what a device is like is an object
``basic`` in v1beta1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from kconv.edges import Functions

Value = dict[str, Any]

_ASKED = frozenset(
    {
        "adminAccess",
        "allocationMode",
        "capacity",
        "count",
        "deviceClassName",
        "selectors",
        "tolerations",
    }
)

_ZERO_IS_ABSENT = ("allocationMode", "count", "deviceClassName")
"""Those of which 0 and "" say nothing; of the others that they are there says something."""


def _each(path: tuple[str, ...], convert: Callable[[Value], Value], one: Value, two: Value) -> None:
    """Convert each element of a list that both objects have at a path."""
    *above, name = path
    for step in above:
        one, two = one.get(step) or {}, two.get(step, {})
    if name in one:
        two[name] = [convert(element) for element in one[name]]


def _request_to_hub(request: Value) -> Value:
    asked = {name: request[name] for name in request if name in _ASKED}
    found = {name: request[name] for name in request if name not in _ASKED}
    if any(value or name not in _ZERO_IS_ABSENT for name, value in asked.items()):
        found["exactly"] = asked
    return found


def _request_to_spoke(request: Value) -> Value:
    found = {name: request[name] for name in request if name != "exactly"}
    return found | (request.get("exactly") or {})


def _device_to_hub(device: Value) -> Value:
    found = {name: device[name] for name in device if name != "basic"}
    return found | (device.get("basic") or {})


def _device_to_spoke(device: Value) -> Value:
    basic = {name: device[name] for name in device if name != "name"}
    found = {name: device[name] for name in device if name == "name"}
    return {**found, "basic": basic}


def _requests(*path: str) -> Functions:
    at = ".".join(path)
    empty = "a request that asks for nothing in particular has no object for it in v1beta1"
    return Functions(
        spoke=(at,),
        hub=(at,),
        to_hub=partial(_each, path, _request_to_hub),
        to_spoke=partial(_each, path, _request_to_spoke),
        lost={
            f"{at}[*].exactly": empty,
            f"{at}[*].exactly.deviceClassName": empty,
            f"spoke:{at}[*].deviceClassName": empty,
            f"spoke:{at}[*].allocationMode": empty,
            f"spoke:{at}[*].count": empty,
        },
    )


REQUESTS = _requests("spec", "devices", "requests")
"""How requests of a claim differ in v1beta1."""

TEMPLATE_REQUESTS = _requests("spec", "spec", "devices", "requests")
"""How requests of a template differ in v1beta1."""

DEVICES = Functions(
    spoke=("spec.devices",),
    hub=("spec.devices",),
    to_hub=partial(_each, ("spec", "devices"), _device_to_hub),
    to_spoke=partial(_each, ("spec", "devices"), _device_to_spoke),
    lost={"spoke:spec.devices[*].basic": "a device about which nothing is said comes back empty"},
)
"""How devices of a slice differ in v1beta1."""
