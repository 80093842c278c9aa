"""The API group coordination.k8s.io: leases."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.coordination.v1 import types as v1
from kconv_schemas.coordination.v1alpha2 import types as v1alpha2
from kconv_schemas.coordination.v1beta1 import former
from kconv_schemas.coordination.v1beta1 import types as v1beta1


def register(scheme: Scheme) -> None:
    """Add the kinds of coordination.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1.Lease), Edge(v1.Lease), Edge(former.Lease), storage="coordination.k8s.io/v1"
    )
    scheme.add(
        hub_of(v1beta1.LeaseCandidate),
        Edge(v1beta1.LeaseCandidate),
        Edge(v1alpha2.LeaseCandidate),
        storage="coordination.k8s.io/v1beta1",
    )
