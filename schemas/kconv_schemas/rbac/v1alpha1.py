"""rbac.authorization.k8s.io/v1alpha1, which is no longer served.

A subject says its group within an apiVersion; all else has the shapes of v1.
"""

from __future__ import annotations

from kconv import Type
from kconv.fields import List, Object, String
from kconv_schemas.rbac.v1 import types as v1


class Subject(Type):
    """Subject of rbac/v1alpha1."""

    apiVersion = String()
    kind = String(required=True)
    name = String(required=True)
    namespace = String()


class ClusterRole(v1.ClusterRole):
    """The kind ClusterRole of rbac/v1alpha1."""

    class Meta(v1.ClusterRole.Meta):
        version = "v1alpha1"


class ClusterRoleBinding(v1.ClusterRoleBinding):
    """The kind ClusterRoleBinding of rbac/v1alpha1."""

    class Meta(v1.ClusterRoleBinding.Meta):
        version = "v1alpha1"

    subjects = List(Object(Subject), list_type="atomic")  # type: ignore[assignment]  # another one than the base has


class Role(v1.Role):
    """The kind Role of rbac/v1alpha1."""

    class Meta(v1.Role.Meta):
        version = "v1alpha1"


class RoleBinding(v1.RoleBinding):
    """The kind RoleBinding of rbac/v1alpha1."""

    class Meta(v1.RoleBinding.Meta):
        version = "v1alpha1"

    subjects = List(Object(Subject), list_type="atomic")  # type: ignore[assignment]  # another one than the base has
