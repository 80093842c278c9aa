"""What is no longer served of admissionregistration.k8s.io/v1alpha1, nearly of the shapes of v1."""

from __future__ import annotations

from kconv.fields import Object
from kconv_schemas.admissionregistration.v1 import types as v1
from kconv_schemas.admissionregistration.v1alpha1 import types as v1alpha1


class ValidatingAdmissionPolicy(v1.ValidatingAdmissionPolicy):
    """The kind ValidatingAdmissionPolicy of admissionregistration/v1alpha1."""

    class Meta(v1.ValidatingAdmissionPolicy.Meta):
        version = "v1alpha1"


class ValidatingAdmissionPolicyBindingSpec(v1.ValidatingAdmissionPolicyBindingSpec):
    """ValidatingAdmissionPolicyBindingSpec of admissionregistration/v1alpha1."""

    paramRef = Object(v1alpha1.ParamRef)  # type: ignore[assignment]  # another one than the base has


class ValidatingAdmissionPolicyBinding(v1.ValidatingAdmissionPolicyBinding):
    """The kind ValidatingAdmissionPolicyBinding of admissionregistration/v1alpha1."""

    class Meta(v1.ValidatingAdmissionPolicyBinding.Meta):
        version = "v1alpha1"

    spec = Object(ValidatingAdmissionPolicyBindingSpec, required=True)
