"""apps/v1beta2, which Kubernetes 1.16 removed: the shapes of v1."""

from __future__ import annotations

from kconv import Deprecation
from kconv_schemas.apps.v1 import types as v1


def _deprecated(kind: str) -> Deprecation:
    return Deprecation(since="1.9", removed_in="1.16", replacement=f"apps/v1 {kind}")


class ControllerRevision(v1.ControllerRevision):
    """The kind ControllerRevision of apps/v1beta2."""

    class Meta(v1.ControllerRevision.Meta):
        version = "v1beta2"
        deprecated = _deprecated("ControllerRevision")


class DaemonSet(v1.DaemonSet):
    """The kind DaemonSet of apps/v1beta2."""

    class Meta(v1.DaemonSet.Meta):
        version = "v1beta2"
        deprecated = _deprecated("DaemonSet")


class Deployment(v1.Deployment):
    """The kind Deployment of apps/v1beta2."""

    class Meta(v1.Deployment.Meta):
        version = "v1beta2"
        deprecated = _deprecated("Deployment")


class ReplicaSet(v1.ReplicaSet):
    """The kind ReplicaSet of apps/v1beta2."""

    class Meta(v1.ReplicaSet.Meta):
        version = "v1beta2"
        deprecated = _deprecated("ReplicaSet")


class StatefulSet(v1.StatefulSet):
    """The kind StatefulSet of apps/v1beta2."""

    class Meta(v1.StatefulSet.Meta):
        version = "v1beta2"
        deprecated = _deprecated("StatefulSet")
