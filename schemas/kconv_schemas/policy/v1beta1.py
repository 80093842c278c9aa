"""policy/v1beta1, which Kubernetes 1.25 removed: the shapes of v1."""

from __future__ import annotations

from kconv import Deprecation
from kconv_schemas.policy.v1 import types as v1


class Eviction(v1.Eviction):
    """The kind Eviction of policy/v1beta1."""

    class Meta(v1.Eviction.Meta):
        version = "v1beta1"
        deprecated = Deprecation(since="1.21", removed_in="1.25", replacement="policy/v1 Eviction")


class PodDisruptionBudget(v1.PodDisruptionBudget):
    """The kind PodDisruptionBudget of policy/v1beta1."""

    class Meta(v1.PodDisruptionBudget.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.21", removed_in="1.25", replacement="policy/v1 PodDisruptionBudget"
        )
