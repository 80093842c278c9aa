"""autoscaling/v2beta2, which Kubernetes 1.26 removed: v2 without a tolerance of its rules."""

from __future__ import annotations

from kconv import Deprecation, Type
from kconv.fields import Int32, List, Object, String
from kconv_schemas.autoscaling.v2 import types as v2


class HPAScalingRules(Type):
    """HPAScalingRules of autoscaling/v2beta2."""

    policies = List(Object(v2.HPAScalingPolicy))
    selectPolicy = String(enum=("Disabled", "Max", "Min"))
    stabilizationWindowSeconds = Int32(minimum=0, maximum=3600)


class HorizontalPodAutoscalerBehavior(Type):
    """HorizontalPodAutoscalerBehavior of autoscaling/v2beta2."""

    scaleDown = Object(HPAScalingRules)
    scaleUp = Object(HPAScalingRules)


class HorizontalPodAutoscalerSpec(v2.HorizontalPodAutoscalerSpec):
    """HorizontalPodAutoscalerSpec of autoscaling/v2beta2."""

    behavior = Object(HorizontalPodAutoscalerBehavior)  # type: ignore[assignment]  # another one than the base has


class HorizontalPodAutoscaler(v2.HorizontalPodAutoscaler):
    """The kind HorizontalPodAutoscaler of autoscaling/v2beta2."""

    class Meta(v2.HorizontalPodAutoscaler.Meta):
        version = "v2beta2"
        deprecated = Deprecation(
            since="1.23", removed_in="1.26", replacement="autoscaling/v2 HorizontalPodAutoscaler"
        )

    spec = Object(HorizontalPodAutoscalerSpec, required=True, load_default=dict)
