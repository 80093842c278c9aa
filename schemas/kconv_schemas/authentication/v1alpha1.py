"""authentication.k8s.io/v1alpha1, which is no longer served: the shapes of v1."""

from __future__ import annotations

from kconv_schemas.authentication.v1 import types as v1


class SelfSubjectReview(v1.SelfSubjectReview):
    """The kind SelfSubjectReview of authentication.k8s.io/v1alpha1."""

    class Meta(v1.SelfSubjectReview.Meta):
        version = "v1alpha1"
