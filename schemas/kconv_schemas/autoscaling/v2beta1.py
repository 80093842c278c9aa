"""autoscaling/v2beta1, which Kubernetes 1.25 removed: metrics as in the annotations of v1."""

from __future__ import annotations

from kconv import Deprecation, Resource, Type
from kconv.fields import Int32, Int64, List, Object, Quantity, String, Time
from kconv.meta import LabelSelector
from kconv_schemas.autoscaling.v2 import types as v2


class ResourceMetricSource(Type):
    """ResourceMetricSource of autoscaling/v2beta1."""

    name = String(required=True)
    targetAverageUtilization = Int32()
    targetAverageValue = Quantity()


class ContainerResourceMetricSource(ResourceMetricSource):
    """ContainerResourceMetricSource of autoscaling/v2beta1."""

    container = String(required=True)


class ExternalMetricSource(Type):
    """ExternalMetricSource of autoscaling/v2beta1."""

    metricName = String(required=True)
    metricSelector = Object(LabelSelector)
    targetAverageValue = Quantity()
    targetValue = Quantity()


class ObjectMetricSource(Type):
    """ObjectMetricSource of autoscaling/v2beta1."""

    averageValue = Quantity()
    metricName = String(required=True)
    selector = Object(LabelSelector)
    target = Object(v2.CrossVersionObjectReference, required=True, metadata={"reference": True})
    targetValue = Quantity(load_default="0")


class PodsMetricSource(Type):
    """PodsMetricSource of autoscaling/v2beta1."""

    metricName = String(required=True)
    selector = Object(LabelSelector)
    targetAverageValue = Quantity(load_default="0")


class MetricSpec(Type):
    """MetricSpec of autoscaling/v2beta1."""

    containerResource = Object(ContainerResourceMetricSource)
    external = Object(ExternalMetricSource)
    object = Object(ObjectMetricSource)
    pods = Object(PodsMetricSource)
    resource = Object(ResourceMetricSource)
    type = String(
        enum=("ContainerResource", "External", "Object", "Pods", "Resource"), required=True
    )


class HorizontalPodAutoscalerSpec(Type):
    """HorizontalPodAutoscalerSpec of autoscaling/v2beta1."""

    maxReplicas = Int32(required=True)
    metrics = List(Object(MetricSpec))
    minReplicas = Int32(minimum=1, load_default=1)
    scaleTargetRef = Object(
        v2.CrossVersionObjectReference, required=True, metadata={"reference": True}
    )


class ResourceMetricStatus(Type):
    """ResourceMetricStatus of autoscaling/v2beta1."""

    currentAverageUtilization = Int32()
    currentAverageValue = Quantity(load_default="0")
    name = String(required=True)


class ContainerResourceMetricStatus(ResourceMetricStatus):
    """ContainerResourceMetricStatus of autoscaling/v2beta1."""

    container = String(required=True)


class ExternalMetricStatus(Type):
    """ExternalMetricStatus of autoscaling/v2beta1."""

    currentAverageValue = Quantity()
    currentValue = Quantity(load_default="0")
    metricName = String(required=True)
    metricSelector = Object(LabelSelector)


class ObjectMetricStatus(Type):
    """ObjectMetricStatus of autoscaling/v2beta1."""

    averageValue = Quantity()
    currentValue = Quantity(load_default="0")
    metricName = String(required=True)
    selector = Object(LabelSelector)
    target = Object(v2.CrossVersionObjectReference, required=True, metadata={"reference": True})


class PodsMetricStatus(Type):
    """PodsMetricStatus of autoscaling/v2beta1."""

    currentAverageValue = Quantity(load_default="0")
    metricName = String(required=True)
    selector = Object(LabelSelector)


class MetricStatus(Type):
    """MetricStatus of autoscaling/v2beta1."""

    containerResource = Object(ContainerResourceMetricStatus)
    external = Object(ExternalMetricStatus)
    object = Object(ObjectMetricStatus)
    pods = Object(PodsMetricStatus)
    resource = Object(ResourceMetricStatus)
    type = String(required=True)


class HorizontalPodAutoscalerStatus(Type):
    """HorizontalPodAutoscalerStatus of autoscaling/v2beta1."""

    conditions = List(Object(v2.HorizontalPodAutoscalerCondition))
    currentMetrics = List(Object(MetricStatus))
    currentReplicas = Int32(minimum=0)
    desiredReplicas = Int32(minimum=0, required=True, load_default=0)
    lastScaleTime = Time()
    observedGeneration = Int64()


class HorizontalPodAutoscaler(Resource):
    """The kind HorizontalPodAutoscaler of autoscaling/v2beta1."""

    class Meta(v2.HorizontalPodAutoscaler.Meta):
        version = "v2beta1"
        deprecated = Deprecation(
            since="1.22", removed_in="1.25", replacement="autoscaling/v2 HorizontalPodAutoscaler"
        )

    spec = Object(HorizontalPodAutoscalerSpec, required=True, load_default=dict)
    status = Object(HorizontalPodAutoscalerStatus, load_default=dict)
