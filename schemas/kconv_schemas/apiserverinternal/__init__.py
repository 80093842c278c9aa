"""The API group internal.apiserver.k8s.io: which server stores what in which version."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.apiserverinternal.v1alpha1 import types as v1alpha1


def register(scheme: Scheme) -> None:
    """Add the kinds of internal.apiserver.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1alpha1.StorageVersion),
        Edge(v1alpha1.StorageVersion),
        storage="internal.apiserver.k8s.io/v1alpha1",
    )
