"""The API group storagemigration.k8s.io: migrations of what a cluster stores."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.storagemigration.v1beta1 import types as v1beta1


def register(scheme: Scheme) -> None:
    """Add the kinds of storagemigration.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1beta1.StorageVersionMigration),
        Edge(v1beta1.StorageVersionMigration),
        storage="storagemigration.k8s.io/v1beta1",
    )
