"""What extensions/v1beta1 had of networking.k8s.io, until Kubernetes 1.16 and 1.22."""

from __future__ import annotations

from kconv import Deprecation, Type
from kconv.fields import Int32, IntOrString, List, Object, String
from kconv_schemas.networking.v1 import types as v1
from kconv_schemas.networking.v1beta1 import former


class Ingress(former.Ingress):
    """The kind Ingress of extensions/v1beta1, of the shape of networking/v1beta1."""

    class Meta(former.Ingress.Meta):
        group = "extensions"
        deprecated = Deprecation(
            since="1.14", removed_in="1.22", replacement="networking.k8s.io/v1 Ingress"
        )


class NetworkPolicyPort(Type):
    """NetworkPolicyPort of extensions/v1beta1, without a default protocol."""

    endPort = Int32()
    port = IntOrString()
    protocol = String()


class NetworkPolicyEgressRule(v1.NetworkPolicyEgressRule):
    """NetworkPolicyEgressRule of extensions/v1beta1."""

    ports = List(Object(NetworkPolicyPort), list_type="atomic")  # type: ignore[assignment]  # another one than the base has


class NetworkPolicyIngressRule(v1.NetworkPolicyIngressRule):
    """NetworkPolicyIngressRule of extensions/v1beta1."""

    ports = List(Object(NetworkPolicyPort), list_type="atomic")  # type: ignore[assignment]  # another one than the base has


class NetworkPolicySpec(v1.NetworkPolicySpec):
    """NetworkPolicySpec of extensions/v1beta1."""

    egress = List(Object(NetworkPolicyEgressRule), list_type="atomic")  # type: ignore[assignment]  # another one than the base has
    ingress = List(Object(NetworkPolicyIngressRule), list_type="atomic")  # type: ignore[assignment]  # another one than the base has


class NetworkPolicy(v1.NetworkPolicy):
    """The kind NetworkPolicy of extensions/v1beta1, of the shape of networking/v1."""

    class Meta(v1.NetworkPolicy.Meta):
        group = "extensions"
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.9", removed_in="1.16", replacement="networking.k8s.io/v1 NetworkPolicy"
        )

    spec = Object(NetworkPolicySpec, load_default=dict)
