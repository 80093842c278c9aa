"""The API group flowcontrol.apiserver.k8s.io: flow schemas and priority levels."""

from __future__ import annotations

from kconv import Rename, Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.flowcontrol import (
    defaults,  # noqa: F401 - adds the computed defaults to the types
    v1beta1,
    v1beta2,
    v1beta3,
)
from kconv_schemas.flowcontrol.conversion import ZERO_SHARES
from kconv_schemas.flowcontrol.v1 import types as v1

_STORED = "flowcontrol.apiserver.k8s.io/v1"


def register(scheme: Scheme) -> None:
    """Add the kinds of flowcontrol.apiserver.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1.FlowSchema),
        Edge(v1.FlowSchema),
        Edge(v1beta3.FlowSchema),
        Edge(v1beta2.FlowSchema),
        Edge(v1beta1.FlowSchema),
        storage=_STORED,
    )
    shares = Rename(
        "spec.limited.assuredConcurrencyShares", "spec.limited.nominalConcurrencyShares"
    )
    scheme.add(
        hub_of(v1.PriorityLevelConfiguration),
        Edge(v1.PriorityLevelConfiguration),
        Edge(v1beta3.PriorityLevelConfiguration, ZERO_SHARES),
        Edge(v1beta2.PriorityLevelConfiguration, shares),
        Edge(v1beta1.PriorityLevelConfiguration, shares),
        storage=_STORED,
    )
