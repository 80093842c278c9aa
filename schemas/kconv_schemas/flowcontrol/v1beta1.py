"""flowcontrol.apiserver.k8s.io/v1beta1, which Kubernetes 1.26 removed: shares have another name."""

from __future__ import annotations

from kconv import Deprecation, Type
from kconv.fields import Int32, Object
from kconv_schemas.flowcontrol.v1 import types as v1


class LimitedPriorityLevelConfiguration(Type):
    """LimitedPriorityLevelConfiguration of flowcontrol/v1beta1."""

    assuredConcurrencyShares = Int32(load_default=30)
    borrowingLimitPercent = Int32()
    lendablePercent = Int32(load_default=0)
    limitResponse = Object(v1.LimitResponse)


class PriorityLevelConfigurationSpec(v1.PriorityLevelConfigurationSpec):
    """PriorityLevelConfigurationSpec of flowcontrol/v1beta1."""

    limited = Object(LimitedPriorityLevelConfiguration)  # type: ignore[assignment]  # another one than the base has


class FlowSchema(v1.FlowSchema):
    """The kind FlowSchema of flowcontrol/v1beta1."""

    class Meta(v1.FlowSchema.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.23",
            removed_in="1.26",
            replacement="flowcontrol.apiserver.k8s.io/v1 FlowSchema",
        )


class PriorityLevelConfiguration(v1.PriorityLevelConfiguration):
    """The kind PriorityLevelConfiguration of flowcontrol/v1beta1."""

    class Meta(v1.PriorityLevelConfiguration.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.23",
            removed_in="1.26",
            replacement="flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration",
        )

    spec = Object(PriorityLevelConfigurationSpec, load_default=dict)
