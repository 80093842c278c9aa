"""Computed defaults of certificates, as ``pkg/apis/certificates/v1beta1/defaults.go`` has them."""

from __future__ import annotations

from typing import Any

from kconv import defaults, derives
from kconv_schemas.certificates.v1beta1.former import CertificateSigningRequestSpec


@defaults(CertificateSigningRequestSpec)
def usages(value: dict[str, Any]) -> None:
    """What a request is for that does not say it; in v1 it must."""
    value["usages"] = value.get("usages") or ["digital signature", "key encipherment"]


@derives(CertificateSigningRequestSpec, field="signerName")
def signer() -> str:
    """Nobody knows who is to sign."""
    return "kubernetes.io/legacy-unknown"
