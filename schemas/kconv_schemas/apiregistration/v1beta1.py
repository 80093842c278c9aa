"""apiregistration.k8s.io/v1beta1, which Kubernetes 1.22 removed: the shapes of v1."""

from __future__ import annotations

from kconv import Deprecation
from kconv_schemas.apiregistration.v1 import types as v1


class APIService(v1.APIService):
    """The kind APIService of apiregistration.k8s.io/v1beta1."""

    class Meta(v1.APIService.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.19", removed_in="1.22", replacement="apiregistration.k8s.io/v1 APIService"
        )
