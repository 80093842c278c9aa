"""scheduling.k8s.io/v1beta1, which Kubernetes 1.22 removed: the shapes of v1."""

from __future__ import annotations

from kconv import Deprecation
from kconv_schemas.scheduling.v1 import types as v1


class PriorityClass(v1.PriorityClass):
    """The kind PriorityClass of scheduling.k8s.io/v1beta1."""

    class Meta(v1.PriorityClass.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.14", removed_in="1.22", replacement="scheduling.k8s.io/v1 PriorityClass"
        )
