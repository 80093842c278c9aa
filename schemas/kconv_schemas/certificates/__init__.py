"""The API group certificates.k8s.io: requests for certificates, and trust bundles."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.certificates import (
    defaults,  # noqa: F401 - adds the computed defaults to the types
)
from kconv_schemas.certificates.v1 import types as v1
from kconv_schemas.certificates.v1alpha1 import types as v1alpha1
from kconv_schemas.certificates.v1beta1 import former
from kconv_schemas.certificates.v1beta1 import types as v1beta1

_BETA = "certificates.k8s.io/v1beta1"


def register(scheme: Scheme) -> None:
    """Add the kinds of certificates.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1.CertificateSigningRequest),
        Edge(v1.CertificateSigningRequest),
        Edge(former.CertificateSigningRequest),
        storage="certificates.k8s.io/v1",
    )
    scheme.add(
        hub_of(v1beta1.ClusterTrustBundle),
        Edge(v1beta1.ClusterTrustBundle),
        Edge(v1alpha1.ClusterTrustBundle),
        storage=_BETA,
    )
    scheme.add(
        hub_of(v1beta1.PodCertificateRequest), Edge(v1beta1.PodCertificateRequest), storage=_BETA
    )
