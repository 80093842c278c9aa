"""The API group authorization.k8s.io: who may do what."""

from __future__ import annotations

from kconv import Rename, Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.authorization import v1beta1
from kconv_schemas.authorization.v1 import types as v1

_STORED = "authorization.k8s.io/v1"


def register(scheme: Scheme) -> None:
    """Add the kinds of authorization.k8s.io to a scheme."""
    groups = Rename("spec.group", "spec.groups")
    scheme.add(
        hub_of(v1.LocalSubjectAccessReview),
        Edge(v1.LocalSubjectAccessReview),
        Edge(v1beta1.LocalSubjectAccessReview, groups),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.SelfSubjectAccessReview),
        Edge(v1.SelfSubjectAccessReview),
        Edge(v1beta1.SelfSubjectAccessReview),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.SelfSubjectRulesReview),
        Edge(v1.SelfSubjectRulesReview),
        Edge(v1beta1.SelfSubjectRulesReview),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.SubjectAccessReview),
        Edge(v1.SubjectAccessReview),
        Edge(v1beta1.SubjectAccessReview, groups),
        storage=_STORED,
    )
