"""imagepolicy.k8s.io/v1alpha1: what a server asks a webhook about images; no server serves it."""

from __future__ import annotations

from kconv import Resource, Type
from kconv.fields import Boolean, List, Map, Object, String


class ImageReviewContainerSpec(Type):
    """ImageReviewContainerSpec of imagepolicy/v1alpha1."""

    image = String()


class ImageReviewSpec(Type):
    """ImageReviewSpec of imagepolicy/v1alpha1."""

    annotations = Map(String())
    containers = List(Object(ImageReviewContainerSpec), list_type="atomic")
    namespace = String()


class ImageReviewStatus(Type):
    """ImageReviewStatus of imagepolicy/v1alpha1."""

    allowed = Boolean(load_default=False)
    auditAnnotations = Map(String())
    reason = String()


class ImageReview(Resource):
    """The kind ImageReview of imagepolicy/v1alpha1."""

    class Meta:
        group = "imagepolicy.k8s.io"
        version = "v1alpha1"
        namespaced = False
        subresources = ()

    spec = Object(ImageReviewSpec, required=True)
    status = Object(ImageReviewStatus, load_default=dict)
