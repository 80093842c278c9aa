"""Endpoints of v1beta1, as ``pkg/apis/discovery/v1beta1/conversion.go`` converts them."""

from __future__ import annotations

from typing import Any

from kconv.edges import Functions

ZONE = "topology.kubernetes.io/zone"
HOST = "kubernetes.io/hostname"

Value = dict[str, Any]


def to_hub(spoke: Value, hub: Value) -> None:
    """The zone gets a field of its own; a host that is the node's name goes."""
    if "endpoints" in spoke:
        hub["endpoints"] = [_endpoint_to_hub(each) for each in spoke["endpoints"]]


def _endpoint_to_hub(endpoint: Value) -> Value:
    found = dict(endpoint)
    topology = dict(found.pop("topology", {}))
    if ZONE in topology:
        found["zone"] = topology.pop(ZONE)
    if topology.get(HOST) is not None and topology.get(HOST) == found.get("nodeName"):
        del topology[HOST]
    if topology:
        found["deprecatedTopology"] = topology
    return found


def to_spoke(hub: Value, spoke: Value) -> None:
    """The zone and the node's name are labels of the topology."""
    if "endpoints" in hub:
        spoke["endpoints"] = [_endpoint_to_spoke(each) for each in hub["endpoints"]]


def _endpoint_to_spoke(endpoint: Value) -> Value:
    found = dict(endpoint)
    topology = dict(found.pop("deprecatedTopology", {}))
    for label, value in ((ZONE, found.pop("zone", None)), (HOST, found.get("nodeName"))):
        if value is not None:
            topology[label] = value
    if topology:
        found["topology"] = topology
    return found


_BOTH = "endpoints[*].deprecatedTopology"
_WINS = "what the endpoint itself says wins over the label"

ENDPOINTS = Functions(
    spoke=("endpoints",),
    hub=("endpoints",),
    to_hub=to_hub,
    to_spoke=to_spoke,
    lost={
        _BOTH: _WINS,
        "endpoints[*].zone": "a zone among the deprecated labels becomes the endpoint's",
        "spoke:endpoints[*].topology": "the node's name stands for the label of its host",
    },
)
"""How endpoints of v1beta1 differ from the hub's."""
