"""node.k8s.io/v1beta1, which Kubernetes 1.25 removed: the shapes of v1."""

from __future__ import annotations

from kconv import Deprecation
from kconv_schemas.node.v1 import types as v1


class RuntimeClass(v1.RuntimeClass):
    """The kind RuntimeClass of node.k8s.io/v1beta1."""

    class Meta(v1.RuntimeClass.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.22", removed_in="1.25", replacement="node.k8s.io/v1 RuntimeClass"
        )
