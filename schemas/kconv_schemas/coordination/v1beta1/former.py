"""coordination.k8s.io/v1beta1, which Kubernetes 1.22 removed: the shapes of v1."""

from __future__ import annotations

from kconv import Deprecation
from kconv_schemas.coordination.v1 import types as v1


class Lease(v1.Lease):
    """The kind Lease of coordination.k8s.io/v1beta1."""

    class Meta(v1.Lease.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.14", removed_in="1.22", replacement="coordination.k8s.io/v1 Lease"
        )
