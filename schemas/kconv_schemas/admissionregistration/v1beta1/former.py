"""What is no longer served of admissionregistration.k8s.io/v1beta1.

Webhooks, which Kubernetes 1.22 removed, have other defaults than in v1; policies have its shapes.
"""

from __future__ import annotations

from kconv import Deprecation
from kconv.fields import Int32, List, Object, String
from kconv_schemas.admissionregistration.v1 import types as v1


class MutatingWebhook(v1.MutatingWebhook):
    """MutatingWebhook of admissionregistration/v1beta1."""

    admissionReviewVersions = List(String(), list_type="atomic")  # type: ignore[assignment]  # another one than the base has
    failurePolicy = String(load_default="Ignore")
    matchPolicy = String(load_default="Exact")
    sideEffects = String(load_default="Unknown")
    timeoutSeconds = Int32(load_default=30)


class MutatingWebhookConfiguration(v1.MutatingWebhookConfiguration):
    """The kind MutatingWebhookConfiguration of admissionregistration/v1beta1."""

    class Meta(v1.MutatingWebhookConfiguration.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.16",
            removed_in="1.22",
            replacement="admissionregistration.k8s.io/v1 MutatingWebhookConfiguration",
        )

    webhooks = List(  # type: ignore[assignment]  # another one than the base has
        Object(MutatingWebhook),
        list_type="map",
        map_keys=("name",),
        merge_key="name",
        patch_strategy="merge",
    )


class ValidatingAdmissionPolicy(v1.ValidatingAdmissionPolicy):
    """The kind ValidatingAdmissionPolicy of admissionregistration/v1beta1."""

    class Meta(v1.ValidatingAdmissionPolicy.Meta):
        version = "v1beta1"


class ValidatingAdmissionPolicyBinding(v1.ValidatingAdmissionPolicyBinding):
    """The kind ValidatingAdmissionPolicyBinding of admissionregistration/v1beta1."""

    class Meta(v1.ValidatingAdmissionPolicyBinding.Meta):
        version = "v1beta1"


class ValidatingWebhook(v1.ValidatingWebhook):
    """ValidatingWebhook of admissionregistration/v1beta1."""

    admissionReviewVersions = List(String(), list_type="atomic")  # type: ignore[assignment]  # another one than the base has
    failurePolicy = String(load_default="Ignore")
    matchPolicy = String(load_default="Exact")
    sideEffects = String(load_default="Unknown")
    timeoutSeconds = Int32(load_default=30)


class ValidatingWebhookConfiguration(v1.ValidatingWebhookConfiguration):
    """The kind ValidatingWebhookConfiguration of admissionregistration/v1beta1."""

    class Meta(v1.ValidatingWebhookConfiguration.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.16",
            removed_in="1.22",
            replacement="admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
        )

    webhooks = List(  # type: ignore[assignment]  # another one than the base has
        Object(ValidatingWebhook),
        list_type="map",
        map_keys=("name",),
        merge_key="name",
        patch_strategy="merge",
    )
