"""What Kubernetes 1.22 removed of networking.k8s.io/v1beta1: ingresses, and classes of them."""

from __future__ import annotations

from kconv import Deprecation, Resource, Type
from kconv.fields import IntOrString, List, Object, String
from kconv_schemas.core.v1.types import TypedLocalObjectReference
from kconv_schemas.networking.v1 import types as v1


class IngressBackend(Type):
    """IngressBackend of networking/v1beta1."""

    resource = Object(TypedLocalObjectReference)
    serviceName = String()
    servicePort = IntOrString(load_default=0)


class HTTPIngressPath(Type):
    """HTTPIngressPath of networking/v1beta1."""

    backend = Object(IngressBackend, required=True)
    path = String()
    pathType = String(load_default="ImplementationSpecific")


class HTTPIngressRuleValue(Type):
    """HTTPIngressRuleValue of networking/v1beta1."""

    paths = List(Object(HTTPIngressPath), list_type="atomic", required=True)


class IngressRule(Type):
    """IngressRule of networking/v1beta1."""

    host = String()
    http = Object(HTTPIngressRuleValue)


class IngressSpec(Type):
    """IngressSpec of networking/v1beta1."""

    backend = Object(IngressBackend)
    ingressClassName = String()
    rules_ = List(Object(IngressRule), list_type="atomic", data_key="rules")
    tls = List(Object(v1.IngressTLS), list_type="atomic")


class Ingress(Resource):
    """The kind Ingress of networking/v1beta1."""

    class Meta(v1.Ingress.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.19", removed_in="1.22", replacement="networking.k8s.io/v1 Ingress"
        )

    spec = Object(IngressSpec)
    status = Object(v1.IngressStatus)


class IngressClassParametersReference(Type):
    """IngressClassParametersReference of networking/v1beta1, without a default scope."""

    apiGroup = String()
    kind = String(required=True)
    name = String(required=True)
    namespace = String()
    scope = String()


class IngressClassSpec(v1.IngressClassSpec):
    """IngressClassSpec of networking/v1beta1."""

    parameters = Object(IngressClassParametersReference)  # type: ignore[assignment]  # another one than the base has


class IngressClass(v1.IngressClass):
    """The kind IngressClass of networking/v1beta1."""

    class Meta(v1.IngressClass.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.19", removed_in="1.22", replacement="networking.k8s.io/v1 IngressClass"
        )

    spec = Object(IngressClassSpec)
