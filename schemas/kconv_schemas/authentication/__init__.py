"""The API group authentication.k8s.io: who somebody is."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.authentication import v1alpha1, v1beta1
from kconv_schemas.authentication.v1 import types as v1

_STORED = "authentication.k8s.io/v1"


def register(scheme: Scheme) -> None:
    """Add the kinds of authentication.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1.SelfSubjectReview),
        Edge(v1.SelfSubjectReview),
        Edge(v1beta1.SelfSubjectReview),
        Edge(v1alpha1.SelfSubjectReview),
        storage=_STORED,
    )
    scheme.add(hub_of(v1.TokenRequest), Edge(v1.TokenRequest), storage=_STORED)
    scheme.add(
        hub_of(v1.TokenReview), Edge(v1.TokenReview), Edge(v1beta1.TokenReview), storage=_STORED
    )
