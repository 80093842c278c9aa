"""The API group rbac.authorization.k8s.io: roles and their bindings."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.rbac import (
    defaults,  # noqa: F401 - adds the computed defaults to the types
    v1alpha1,
    v1beta1,
)
from kconv_schemas.rbac.conversion import SUBJECTS
from kconv_schemas.rbac.v1 import types as v1

_STORED = "rbac.authorization.k8s.io/v1"


def register(scheme: Scheme) -> None:
    """Add the kinds of rbac.authorization.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1.ClusterRole),
        Edge(v1.ClusterRole),
        Edge(v1beta1.ClusterRole),
        Edge(v1alpha1.ClusterRole),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.Role), Edge(v1.Role), Edge(v1beta1.Role), Edge(v1alpha1.Role), storage=_STORED
    )
    scheme.add(
        hub_of(v1.ClusterRoleBinding),
        Edge(v1.ClusterRoleBinding),
        Edge(v1beta1.ClusterRoleBinding),
        Edge(v1alpha1.ClusterRoleBinding, SUBJECTS),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.RoleBinding),
        Edge(v1.RoleBinding),
        Edge(v1beta1.RoleBinding),
        Edge(v1alpha1.RoleBinding, SUBJECTS),
        storage=_STORED,
    )
