"""The API group apiextensions.k8s.io: definitions of custom resources."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.apiextensions import (
    defaults,  # noqa: F401 - adds the computed defaults to the types
)
from kconv_schemas.apiextensions.v1 import types as v1


def register(scheme: Scheme) -> None:
    """Add the kinds of apiextensions.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1.CustomResourceDefinition),
        Edge(v1.CustomResourceDefinition),
        storage="apiextensions.k8s.io/v1",
    )
