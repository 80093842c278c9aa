"""The API group imagepolicy.k8s.io: reviews of images, which webhooks answer."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.imagepolicy import v1alpha1


def register(scheme: Scheme) -> None:
    """Add the kinds of imagepolicy.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1alpha1.ImageReview),
        Edge(v1alpha1.ImageReview),
        storage="imagepolicy.k8s.io/v1alpha1",
    )
