"""authentication.k8s.io/v1beta1, which is no longer served: the shapes of v1."""

from __future__ import annotations

from kconv_schemas.authentication.v1 import types as v1


class SelfSubjectReview(v1.SelfSubjectReview):
    """The kind SelfSubjectReview of authentication.k8s.io/v1beta1."""

    class Meta(v1.SelfSubjectReview.Meta):
        version = "v1beta1"


class TokenReview(v1.TokenReview):
    """The kind TokenReview of authentication.k8s.io/v1beta1."""

    class Meta(v1.TokenReview.Meta):
        version = "v1beta1"
