"""Computed defaults of rbac, as ``pkg/apis/rbac/*/defaults.go`` of Kubernetes has them."""

from __future__ import annotations

from kconv import derives
from kconv_schemas.rbac import v1alpha1
from kconv_schemas.rbac.v1.types import RoleRef, Subject

GROUP = "rbac.authorization.k8s.io"
ACCOUNT = "ServiceAccount"
NAMED = ("User", "Group")
"""The kinds of subjects that are no objects."""


@derives(RoleRef, field="apiGroup")
def group_of_role() -> str:
    """A role is one of this group."""
    return GROUP


@derives(Subject, field="apiGroup", of=("kind",))
def group_of_subject(kind: str | None) -> str | None:
    """Users and groups are kinds of this group."""
    return GROUP if kind in NAMED else None


@derives(v1alpha1.Subject, field="apiVersion", of=("kind",))
def version_of_subject(kind: str | None) -> str | None:
    """Users and groups are kinds of this version, service accounts of the core group's."""
    if kind == ACCOUNT:
        return "v1"
    return f"{GROUP}/v1alpha1" if kind in NAMED else None
