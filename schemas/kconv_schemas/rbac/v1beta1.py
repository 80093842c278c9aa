"""rbac.authorization.k8s.io/v1beta1, which Kubernetes 1.22 removed: the shapes of v1."""

from __future__ import annotations

from kconv import Deprecation
from kconv_schemas.rbac.v1 import types as v1


class ClusterRole(v1.ClusterRole):
    """The kind ClusterRole of rbac.authorization.k8s.io/v1beta1."""

    class Meta(v1.ClusterRole.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.17", removed_in="1.22", replacement="rbac.authorization.k8s.io/v1 ClusterRole"
        )


class ClusterRoleBinding(v1.ClusterRoleBinding):
    """The kind ClusterRoleBinding of rbac.authorization.k8s.io/v1beta1."""

    class Meta(v1.ClusterRoleBinding.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.17",
            removed_in="1.22",
            replacement="rbac.authorization.k8s.io/v1 ClusterRoleBinding",
        )


class Role(v1.Role):
    """The kind Role of rbac.authorization.k8s.io/v1beta1."""

    class Meta(v1.Role.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.17", removed_in="1.22", replacement="rbac.authorization.k8s.io/v1 Role"
        )


class RoleBinding(v1.RoleBinding):
    """The kind RoleBinding of rbac.authorization.k8s.io/v1beta1."""

    class Meta(v1.RoleBinding.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.17", removed_in="1.22", replacement="rbac.authorization.k8s.io/v1 RoleBinding"
        )
