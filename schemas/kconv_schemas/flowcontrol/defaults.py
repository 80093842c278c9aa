"""Computed defaults of flowcontrol, as ``pkg/apis/flowcontrol/*/defaults.go`` has them."""

from __future__ import annotations

from typing import Any

from kconv import defaults, zero_is_absent
from kconv_schemas.flowcontrol import v1beta1, v1beta3
from kconv_schemas.flowcontrol.v1.types import FlowSchemaSpec, QueuingConfiguration

KEEPS_ZERO = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares"
"""The annotation by which an object of v1beta3 says that its shares are 0, and not unset."""

SHARES = 30

zero_is_absent(FlowSchemaSpec, "matchingPrecedence")
zero_is_absent(QueuingConfiguration, "handSize", "queueLengthLimit", "queues")
zero_is_absent(v1beta1.LimitedPriorityLevelConfiguration, "assuredConcurrencyShares")


@defaults(v1beta3.PriorityLevelConfiguration, when=("spec",))
def shares(value: dict[str, Any]) -> None:
    """A limited level has 30 shares, unless it has 0 and says so."""
    limited = value["spec"].get("limited")
    if limited is None or limited.get("nominalConcurrencyShares"):
        return
    zero = KEEPS_ZERO in (value["metadata"].get("annotations") or {})
    limited["nominalConcurrencyShares"] = 0 if zero else SHARES
