"""The internal versions of apps' kinds that have more than the shapes of v1."""

from __future__ import annotations

from kconv import Hub, Type
from kconv.fields import Int64, Object
from kconv_schemas.apps.v1 import types as v1


class RollbackConfig(Type):
    """The revision that a deployment is to go back to; 0 is the one before."""

    revision = Int64()


class DaemonSetSpec(v1.DaemonSetSpec):
    """The spec of v1, and the generation of its template, which v1 has as an annotation."""

    templateGeneration = Int64()


class DaemonSet(Hub):
    """The internal version of DaemonSet."""

    class Meta:
        group = "apps"
        kind = "DaemonSet"

    spec = Object(DaemonSetSpec)
    status = Object(v1.DaemonSetStatus)


class DeploymentSpec(v1.DeploymentSpec):
    """The spec of v1, and where to roll back to, which v1 has as an annotation."""

    rollbackTo = Object(RollbackConfig)


class Deployment(Hub):
    """The internal version of Deployment."""

    class Meta:
        group = "apps"
        kind = "Deployment"

    spec = Object(DeploymentSpec)
    status = Object(v1.DeploymentStatus)
