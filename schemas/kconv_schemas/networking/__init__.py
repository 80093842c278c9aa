"""The API group networking.k8s.io: ingresses, network policies and addresses."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.networking import (
    defaults,  # noqa: F401 - adds the computed defaults to the types
    extensions,
    validation,  # noqa: F401 - adds the rules to the types
)
from kconv_schemas.networking.conversion import BACKENDS
from kconv_schemas.networking.v1 import types as v1
from kconv_schemas.networking.v1beta1 import former
from kconv_schemas.networking.v1beta1 import types as v1beta1

_STORED = "networking.k8s.io/v1"


def register(scheme: Scheme) -> None:
    """Add the kinds of networking.k8s.io to a scheme, with what extensions had of them."""
    scheme.add(
        hub_of(v1.Ingress),
        Edge(v1.Ingress),
        Edge(former.Ingress, *BACKENDS),
        Edge(extensions.Ingress, *BACKENDS),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.IngressClass), Edge(v1.IngressClass), Edge(former.IngressClass), storage=_STORED
    )
    scheme.add(
        hub_of(v1.NetworkPolicy),
        Edge(v1.NetworkPolicy),
        Edge(extensions.NetworkPolicy),
        storage=_STORED,
    )
    scheme.add(hub_of(v1.IPAddress), Edge(v1.IPAddress), Edge(v1beta1.IPAddress), storage=_STORED)
    scheme.add(
        hub_of(v1.ServiceCIDR), Edge(v1.ServiceCIDR), Edge(v1beta1.ServiceCIDR), storage=_STORED
    )
