"""Services and endpoints."""

from __future__ import annotations

from typing import Any

from kconv import Scheme, defaults, hub_of, zero_is_absent
from kconv.edges import Edge
from kconv_schemas.core.v1 import types as v1
from kconv_schemas.core.v1.types import EndpointPort, ServicePort, ServiceSpec

Value = dict[str, Any]

CLIENT_IP_SECONDS = 10800
"""For how long a client stays with one pod, where it does."""

_OF_NODES = ("LoadBalancer", "NodePort")

zero_is_absent(EndpointPort, "protocol")
zero_is_absent(ServicePort, "protocol")
zero_is_absent(ServiceSpec, "sessionAffinity", "type")


@defaults(ServicePort)
def target_port(value: Value) -> None:
    """The pods listen on the port of the service."""
    if not value.get("targetPort"):
        value["targetPort"] = value.get("port", 0)


@defaults(ServiceSpec)
def service(value: Value) -> None:
    """What follows from the type of a service, and from whether clients stay with a pod."""
    type_ = value["type"]
    if value["sessionAffinity"] == "None":
        value.pop("sessionAffinityConfig", None)
    elif value["sessionAffinity"] == "ClientIP":
        client = value.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        client.setdefault("timeoutSeconds", CLIENT_IP_SECONDS)
    if type_ in _OF_NODES and not value.get("externalTrafficPolicy"):
        value["externalTrafficPolicy"] = "Cluster"
    if type_ in (*_OF_NODES, "ClusterIP"):
        value.setdefault("internalTrafficPolicy", "Cluster")
    if type_ == "LoadBalancer":
        value.setdefault("allocateLoadBalancerNodePorts", True)


@defaults(v1.Service)
def load_balancer(value: Value) -> None:
    """Addresses of a load balancer are virtual ones."""
    if value["spec"]["type"] == "LoadBalancer":
        for ingress in value["status"].get("loadBalancer", {}).get("ingress", ()):
            if ingress.get("ip"):
                ingress.setdefault("ipMode", "VIP")


def register(scheme: Scheme) -> None:
    """Add them to a scheme."""
    scheme.add(hub_of(v1.Endpoints), Edge(v1.Endpoints), storage="v1")
    scheme.add(hub_of(v1.Service), Edge(v1.Service), storage="v1")
