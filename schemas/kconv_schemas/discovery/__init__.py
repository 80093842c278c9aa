"""The API group discovery.k8s.io: endpoint slices."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.discovery import v1beta1
from kconv_schemas.discovery.conversion import ENDPOINTS
from kconv_schemas.discovery.v1 import types as v1


def register(scheme: Scheme) -> None:
    """Add the kinds of discovery.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1.EndpointSlice),
        Edge(v1.EndpointSlice),
        Edge(v1beta1.EndpointSlice, ENDPOINTS),
        storage="discovery.k8s.io/v1",
    )
