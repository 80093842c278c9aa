"""Computed defaults of networking, as ``pkg/apis/networking/v1/defaults.go`` has them."""

from __future__ import annotations

from typing import Any

from kconv import defaults, derives
from kconv_schemas.networking.v1.types import (
    IngressClassParametersReference,
    NetworkPolicyPort,
    NetworkPolicySpec,
)


@derives(NetworkPolicySpec, field="policyTypes", of=("egress",))
def policy_types(egress: list[Any] | None) -> list[str]:
    """A policy is about what comes in; about what goes out if it has rules for that."""
    return ["Ingress", "Egress"] if egress else ["Ingress"]


# The two that follow are no constants of the types, since former versions do not have them: what
# these leave out stays out until the object is read as one of v1, as in Kubernetes.


@defaults(NetworkPolicyPort)
def protocol(value: dict[str, Any]) -> None:
    """A port is one of TCP."""
    value.setdefault("protocol", "TCP")


@defaults(IngressClassParametersReference)
def scope(value: dict[str, Any]) -> None:
    """Parameters of a class are for the whole cluster."""
    value.setdefault("scope", "Cluster")
