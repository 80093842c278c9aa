"""The API group policy: disruption budgets and evictions."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.policy import v1beta1
from kconv_schemas.policy.conversion import EMPTY_SELECTOR
from kconv_schemas.policy.v1 import types as v1


def register(scheme: Scheme) -> None:
    """Add the kinds of policy to a scheme."""
    scheme.add(hub_of(v1.Eviction), Edge(v1.Eviction), Edge(v1beta1.Eviction), storage="policy/v1")
    scheme.add(
        hub_of(v1.PodDisruptionBudget),
        Edge(v1.PodDisruptionBudget),
        Edge(v1beta1.PodDisruptionBudget, EMPTY_SELECTOR),
        storage="policy/v1",
    )
