"""The API group apiregistration.k8s.io: who serves which group."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.apiregistration import v1beta1
from kconv_schemas.apiregistration.v1 import types as v1


def register(scheme: Scheme) -> None:
    """Add the kinds of apiregistration.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1.APIService),
        Edge(v1.APIService),
        Edge(v1beta1.APIService),
        storage="apiregistration.k8s.io/v1",
    )
