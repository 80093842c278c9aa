"""HorizontalPodAutoscaler with the versions that Kubernetes no longer serves."""

from __future__ import annotations

from typing import Any

from kconv import Scheme, derives
from kconv.edges import Edge
from kconv_schemas.autoscaling import (
    former_validation,  # noqa: F401 - adds the rules to the types
    hub,
    v2beta1,
    v2beta2,
)
from kconv_schemas.autoscaling.conversion import V1_RULE
from kconv_schemas.autoscaling.defaults import CPU_UTILIZATION
from kconv_schemas.autoscaling.former_conversion import V2BETA1_RULE, V2BETA2_RULE
from kconv_schemas.autoscaling.v1 import types as v1
from kconv_schemas.autoscaling.v2 import types as v2


def register(scheme: Scheme) -> None:
    """Add HorizontalPodAutoscaler with all of its versions to a scheme."""
    scheme.add(
        hub.HorizontalPodAutoscaler,
        Edge(v2.HorizontalPodAutoscaler),
        Edge(v1.HorizontalPodAutoscaler, V1_RULE),
        Edge(v2beta2.HorizontalPodAutoscaler, V2BETA2_RULE),
        Edge(v2beta1.HorizontalPodAutoscaler, V2BETA1_RULE),
        storage="autoscaling/v2",
    )


@derives(v2beta1.HorizontalPodAutoscalerSpec, field="metrics")
def metrics() -> list[dict[str, Any]]:
    """Without any metric, CPU counts."""
    resource = {"name": "cpu", "targetAverageUtilization": CPU_UTILIZATION}
    return [{"type": "Resource", "resource": resource}]
