"""The API group apiextensions.k8s.io: definitions of custom resources."""

from __future__ import annotations

from kconv import Scheme
from kconv.edges import Edge
from kconv_schemas.apiextensions import (
    columns,  # noqa: F401 - adds the rules of columns and scales
    defaults,  # noqa: F401 - adds the computed defaults to the types
    definitions,  # noqa: F401 - adds the rules of v1
    v1beta1,
    validation,  # noqa: F401 - adds the rules to the types
)
from kconv_schemas.apiextensions.conversion import V1BETA1_RULE
from kconv_schemas.apiextensions.hub import CustomResourceDefinition
from kconv_schemas.apiextensions.v1 import types as v1


def register(scheme: Scheme) -> None:
    """Add the kinds of apiextensions.k8s.io to a scheme."""
    scheme.add(
        CustomResourceDefinition,
        Edge(v1.CustomResourceDefinition),
        Edge(v1beta1.CustomResourceDefinition, V1BETA1_RULE),
        storage="apiextensions.k8s.io/v1",
    )
