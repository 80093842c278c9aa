"""The API group admissionregistration.k8s.io: webhooks and policies of admission."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.admissionregistration import (
    defaults,  # noqa: F401 - adds the computed defaults to the types
)
from kconv_schemas.admissionregistration.v1 import types as v1
from kconv_schemas.admissionregistration.v1alpha1 import former as former_alpha
from kconv_schemas.admissionregistration.v1alpha1 import types as v1alpha1
from kconv_schemas.admissionregistration.v1beta1 import former as former_beta
from kconv_schemas.admissionregistration.v1beta1 import types as v1beta1

_STORED = "admissionregistration.k8s.io/v1"


def register(scheme: Scheme) -> None:
    """Add the kinds of admissionregistration.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1.MutatingAdmissionPolicy),
        Edge(v1.MutatingAdmissionPolicy),
        Edge(v1beta1.MutatingAdmissionPolicy),
        Edge(v1alpha1.MutatingAdmissionPolicy),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.MutatingAdmissionPolicyBinding),
        Edge(v1.MutatingAdmissionPolicyBinding),
        Edge(v1beta1.MutatingAdmissionPolicyBinding),
        Edge(v1alpha1.MutatingAdmissionPolicyBinding),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.ValidatingAdmissionPolicy),
        Edge(v1.ValidatingAdmissionPolicy),
        Edge(former_beta.ValidatingAdmissionPolicy),
        Edge(former_alpha.ValidatingAdmissionPolicy),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.ValidatingAdmissionPolicyBinding),
        Edge(v1.ValidatingAdmissionPolicyBinding),
        Edge(former_beta.ValidatingAdmissionPolicyBinding),
        Edge(former_alpha.ValidatingAdmissionPolicyBinding),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.MutatingWebhookConfiguration),
        Edge(v1.MutatingWebhookConfiguration),
        Edge(former_beta.MutatingWebhookConfiguration),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.ValidatingWebhookConfiguration),
        Edge(v1.ValidatingWebhookConfiguration),
        Edge(former_beta.ValidatingWebhookConfiguration),
        storage=_STORED,
    )
