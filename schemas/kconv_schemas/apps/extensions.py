"""What extensions/v1beta1 had of apps, until Kubernetes 1.16."""

from __future__ import annotations

from kconv import Deprecation, Type
from kconv.fields import INT32, Int32, Int64, Object, String
from kconv.meta import LabelSelector
from kconv_schemas.apps import v1beta1
from kconv_schemas.apps.hub import RollbackConfig
from kconv_schemas.apps.v1 import types as v1


def _deprecated(kind: str) -> Deprecation:
    return Deprecation(since="1.9", removed_in="1.16", replacement=f"apps/v1 {kind}")


class DaemonSetUpdateStrategy(Type):
    """DaemonSetUpdateStrategy of extensions/v1beta1."""

    rollingUpdate = Object(v1.RollingUpdateDaemonSet)
    type = String(enum=("OnDelete", "RollingUpdate"), load_default="OnDelete")


class DaemonSetSpec(v1.DaemonSetSpec):
    """DaemonSetSpec of extensions/v1beta1."""

    selector = Object(LabelSelector)  # type: ignore[assignment]  # another one than the base has
    templateGeneration = Int64()
    updateStrategy = Object(DaemonSetUpdateStrategy, load_default=dict)  # type: ignore[assignment]  # another one than the base has


class DaemonSet(v1.DaemonSet):
    """The kind DaemonSet of extensions/v1beta1."""

    class Meta(v1.DaemonSet.Meta):
        group = "extensions"
        version = "v1beta1"
        deprecated = _deprecated("DaemonSet")

    spec = Object(DaemonSetSpec, load_default=dict)


class DeploymentStrategy(Type):
    """DeploymentStrategy of extensions/v1beta1."""

    rollingUpdate = Object(v1.RollingUpdateDeployment)
    type = String(enum=("Recreate", "RollingUpdate"), load_default="RollingUpdate")


class DeploymentSpec(v1.DeploymentSpec):
    """DeploymentSpec of extensions/v1beta1."""

    progressDeadlineSeconds = Int32(load_default=INT32[1])
    revisionHistoryLimit = Int32(minimum=0, load_default=INT32[1])
    rollbackTo = Object(RollbackConfig)
    selector = Object(LabelSelector)  # type: ignore[assignment]  # another one than the base has
    strategy = Object(DeploymentStrategy, patch_strategy="retainKeys", load_default=dict)  # type: ignore[assignment]  # another one than the base has


class Deployment(v1.Deployment):
    """The kind Deployment of extensions/v1beta1."""

    class Meta(v1.Deployment.Meta):
        group = "extensions"
        version = "v1beta1"
        deprecated = _deprecated("Deployment")

    spec = Object(DeploymentSpec, load_default=dict)


class DeploymentRollback(v1beta1.DeploymentRollback):
    """The kind DeploymentRollback of extensions/v1beta1."""

    class Meta(v1beta1.DeploymentRollback.Meta):
        group = "extensions"


class ReplicaSetSpec(v1.ReplicaSetSpec):
    """ReplicaSetSpec of extensions/v1beta1."""

    selector = Object(LabelSelector)  # type: ignore[assignment]  # another one than the base has


class ReplicaSet(v1.ReplicaSet):
    """The kind ReplicaSet of extensions/v1beta1."""

    class Meta(v1.ReplicaSet.Meta):
        group = "extensions"
        version = "v1beta1"
        deprecated = _deprecated("ReplicaSet")

    spec = Object(ReplicaSetSpec, load_default=dict)
