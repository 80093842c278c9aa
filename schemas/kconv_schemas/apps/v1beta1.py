"""apps/v1beta1, which Kubernetes 1.16 removed: what it does not say follows from the template."""

from __future__ import annotations

from kconv import Deprecation, Resource, Type
from kconv.fields import Int32, Map, Object, String
from kconv.meta import LabelSelector
from kconv_schemas.apps.hub import RollbackConfig
from kconv_schemas.apps.v1 import types as v1


def _deprecated(kind: str) -> Deprecation:
    return Deprecation(since="1.9", removed_in="1.16", replacement=f"apps/v1 {kind}")


class ControllerRevision(v1.ControllerRevision):
    """The kind ControllerRevision of apps/v1beta1."""

    class Meta(v1.ControllerRevision.Meta):
        version = "v1beta1"
        deprecated = _deprecated("ControllerRevision")


class DeploymentSpec(v1.DeploymentSpec):
    """DeploymentSpec of apps/v1beta1."""

    revisionHistoryLimit = Int32(minimum=0, load_default=2)
    rollbackTo = Object(RollbackConfig)
    selector = Object(LabelSelector)  # type: ignore[assignment]  # another one than the base has


class Deployment(v1.Deployment):
    """The kind Deployment of apps/v1beta1."""

    class Meta(v1.Deployment.Meta):
        version = "v1beta1"
        deprecated = _deprecated("Deployment")

    spec = Object(DeploymentSpec, load_default=dict)


class DeploymentRollback(Resource):
    """The kind DeploymentRollback of apps/v1beta1."""

    class Meta:
        group = "apps"
        version = "v1beta1"
        subresources = ()
        deprecated = Deprecation(since="1.9", removed_in="1.16")

    name = String(required=True)
    rollbackTo = Object(RollbackConfig, required=True)
    updatedAnnotations = Map(String())


class StatefulSetUpdateStrategy(Type):
    """StatefulSetUpdateStrategy of apps/v1beta1."""

    rollingUpdate = Object(v1.RollingUpdateStatefulSetStrategy)
    type = String(enum=("OnDelete", "RollingUpdate"), load_default="OnDelete")


class StatefulSetSpec(v1.StatefulSetSpec):
    """StatefulSetSpec of apps/v1beta1."""

    selector = Object(LabelSelector)  # type: ignore[assignment]  # another one than the base has
    updateStrategy = Object(StatefulSetUpdateStrategy, load_default=dict)  # type: ignore[assignment]  # another one than the base has


class StatefulSet(v1.StatefulSet):
    """The kind StatefulSet of apps/v1beta1."""

    class Meta(v1.StatefulSet.Meta):
        version = "v1beta1"
        deprecated = _deprecated("StatefulSet")

    spec = Object(StatefulSetSpec, load_default=dict)
