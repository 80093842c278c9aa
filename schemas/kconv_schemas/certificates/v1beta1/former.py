"""What Kubernetes 1.22 removed of certificates.k8s.io/v1beta1: a signer need not be named."""

from __future__ import annotations

from kconv import Deprecation
from kconv.fields import Object, String
from kconv_schemas.certificates.v1 import types as v1


class CertificateSigningRequestCondition(v1.CertificateSigningRequestCondition):
    """CertificateSigningRequestCondition of certificates/v1beta1."""

    status = String(load_default="True")


class CertificateSigningRequestSpec(v1.CertificateSigningRequestSpec):
    """CertificateSigningRequestSpec of certificates/v1beta1."""

    signerName = String()  # type: ignore[assignment]  # another one than the base has


class CertificateSigningRequest(v1.CertificateSigningRequest):
    """The kind CertificateSigningRequest of certificates/v1beta1."""

    class Meta(v1.CertificateSigningRequest.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.19",
            removed_in="1.22",
            replacement="certificates.k8s.io/v1 CertificateSigningRequest",
        )

    spec = Object(CertificateSigningRequestSpec, load_default=dict)
