"""Computed defaults of admissionregistration, as ``pkg/apis/admissionregistration`` has them."""

from __future__ import annotations

from typing import Any

from kconv import defaults, derives
from kconv_schemas.admissionregistration.v1alpha1.types import ParamRef
from kconv_schemas.admissionregistration.v1beta1.former import MutatingWebhook, ValidatingWebhook


@derives(MutatingWebhook, ValidatingWebhook, field="admissionReviewVersions")
def review_versions() -> list[str]:
    """A webhook of v1beta1 understands reviews of v1beta1."""
    return ["v1beta1"]


@defaults(ParamRef)
def parameter_not_found(value: dict[str, Any]) -> None:
    """What is bound to parameters that are not there denies; later versions ask for a word."""
    value.setdefault("parameterNotFoundAction", "Deny")
