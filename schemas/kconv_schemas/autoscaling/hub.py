"""The internal version of HorizontalPodAutoscaler: the shape of v2."""

from __future__ import annotations

from kconv import Hub
from kconv.fields import Object
from kconv_schemas.autoscaling.v2.types import (
    HorizontalPodAutoscalerSpec,
    HorizontalPodAutoscalerStatus,
)


class HorizontalPodAutoscaler(Hub):
    """The internal version of HorizontalPodAutoscaler."""

    class Meta:
        group = "autoscaling"
        kind = "HorizontalPodAutoscaler"

    spec = Object(HorizontalPodAutoscalerSpec)
    status = Object(HorizontalPodAutoscalerStatus)
