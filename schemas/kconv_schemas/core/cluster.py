"""What a cluster is made of and allows: nodes, accounts, quotas, ranges."""

from __future__ import annotations

import copy
from typing import Any

from kconv import Resource, Scheme, defaults, hub_of
from kconv.edges import Edge
from kconv.fields import Bytes, String
from kconv_schemas.core.v1 import types as v1
from kconv_schemas.core.v1.types import LimitRangeItem, NodeSpec, NodeStatus

Value = dict[str, Any]


class RangeAllocation(Resource):
    """The kind RangeAllocation of core/v1, which servers store and none serves."""

    class Meta:
        group = ""
        version = "v1"
        subresources = ()

    data = Bytes(required=True)
    range = String(required=True)


@defaults(LimitRangeItem)
def limits(value: Value) -> None:
    """A container may have what is the most, and asks for its limit, or for the least."""
    if value.get("type") != "Container":
        return
    limit, request = value.setdefault("default", {}), value.setdefault("defaultRequest", {})
    for source, target in (("max", limit), ("default", request), ("min", request)):
        for name, amount in value.get(source, {}).items():
            target.setdefault(name, amount)


@defaults(NodeSpec, when=("podCIDR", "podCIDRs"))
def pod_ranges(value: Value) -> None:
    """The range of former times is the first of the list, and wins over it."""
    first, ranges = value.get("podCIDR"), value.get("podCIDRs")
    if first and (not ranges or ranges[0] != first):
        value["podCIDRs"] = [first]
    elif ranges:
        value["podCIDR"] = ranges[0]


@defaults(NodeStatus, when=("capacity",), unless=("allocatable",))
def allocatable(value: Value) -> None:
    """Pods may have all that a node has."""
    value["allocatable"] = copy.copy(value["capacity"])


def register(scheme: Scheme) -> None:
    """Add them to a scheme."""
    scheme.add(hub_of(v1.ComponentStatus), Edge(v1.ComponentStatus), storage="v1")
    scheme.add(hub_of(v1.LimitRange), Edge(v1.LimitRange), storage="v1")
    scheme.add(hub_of(v1.Node), Edge(v1.Node), storage="v1")
    scheme.add(hub_of(RangeAllocation), Edge(RangeAllocation), storage="v1")
    scheme.add(hub_of(v1.ResourceQuota), Edge(v1.ResourceQuota), storage="v1")
    scheme.add(hub_of(v1.ServiceAccount), Edge(v1.ServiceAccount), storage="v1")
