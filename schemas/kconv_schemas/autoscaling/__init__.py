"""The API group autoscaling: horizontal pod autoscalers."""

from __future__ import annotations

from kconv import Scheme
from kconv.edges import Edge
from kconv_schemas import zeros  # noqa: F401 - says which fields leave out zeros
from kconv_schemas.autoscaling import (
    columns,  # noqa: F401 - adds the printer columns to the types
    defaults,  # noqa: F401 - adds the computed defaults to the types
    hub,
    validation,  # noqa: F401 - adds the rules to the types
)
from kconv_schemas.autoscaling.conversion import V1_RULE
from kconv_schemas.autoscaling.v1 import types as v1
from kconv_schemas.autoscaling.v2 import types as v2


def register(scheme: Scheme) -> None:
    """Add the kinds of autoscaling to a scheme."""
    scheme.add(
        hub.HorizontalPodAutoscaler,
        Edge(v2.HorizontalPodAutoscaler),
        Edge(v1.HorizontalPodAutoscaler, V1_RULE),
        storage="autoscaling/v2",
    )
