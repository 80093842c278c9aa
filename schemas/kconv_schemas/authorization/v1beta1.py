"""authorization.k8s.io/v1beta1, which Kubernetes 1.22 removed: what v1 calls groups is a group."""

from __future__ import annotations

from kconv import Deprecation, Resource, Type
from kconv.fields import List, Map, Object, String
from kconv_schemas.authorization.v1 import types as v1


def _deprecated(kind: str) -> Deprecation:
    return Deprecation(
        since="1.19", removed_in="1.22", replacement=f"authorization.k8s.io/v1 {kind}"
    )


class SubjectAccessReviewSpec(Type):
    """SubjectAccessReviewSpec of authorization/v1beta1."""

    extra = Map(List(String(), list_type="atomic"))
    group = List(String(), list_type="atomic")
    nonResourceAttributes = Object(v1.NonResourceAttributes)
    resourceAttributes = Object(v1.ResourceAttributes)
    uid = String()
    user = String()


class LocalSubjectAccessReview(Resource):
    """The kind LocalSubjectAccessReview of authorization/v1beta1."""

    class Meta(v1.LocalSubjectAccessReview.Meta):
        version = "v1beta1"
        deprecated = _deprecated("LocalSubjectAccessReview")

    spec = Object(SubjectAccessReviewSpec, required=True)
    status = Object(v1.SubjectAccessReviewStatus, load_default=dict)


class SelfSubjectAccessReview(v1.SelfSubjectAccessReview):
    """The kind SelfSubjectAccessReview of authorization/v1beta1."""

    class Meta(v1.SelfSubjectAccessReview.Meta):
        version = "v1beta1"
        deprecated = _deprecated("SelfSubjectAccessReview")


class SelfSubjectRulesReview(v1.SelfSubjectRulesReview):
    """The kind SelfSubjectRulesReview of authorization/v1beta1."""

    class Meta(v1.SelfSubjectRulesReview.Meta):
        version = "v1beta1"
        deprecated = _deprecated("SelfSubjectRulesReview")


class SubjectAccessReview(Resource):
    """The kind SubjectAccessReview of authorization/v1beta1."""

    class Meta(v1.SubjectAccessReview.Meta):
        version = "v1beta1"
        deprecated = _deprecated("SubjectAccessReview")

    spec = Object(SubjectAccessReviewSpec, required=True)
    status = Object(v1.SubjectAccessReviewStatus, load_default=dict)
