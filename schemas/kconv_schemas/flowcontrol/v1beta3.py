"""flowcontrol.apiserver.k8s.io/v1beta3, which Kubernetes 1.32 removed: shares of 0 are unset."""

from __future__ import annotations

from kconv import Deprecation
from kconv.fields import Int32, Object
from kconv_schemas.flowcontrol.v1 import types as v1


class FlowSchema(v1.FlowSchema):
    """The kind FlowSchema of flowcontrol/v1beta3."""

    class Meta(v1.FlowSchema.Meta):
        version = "v1beta3"
        deprecated = Deprecation(
            since="1.29",
            removed_in="1.32",
            replacement="flowcontrol.apiserver.k8s.io/v1 FlowSchema",
        )


class LimitedPriorityLevelConfiguration(v1.LimitedPriorityLevelConfiguration):
    """LimitedPriorityLevelConfiguration of flowcontrol/v1beta3."""

    nominalConcurrencyShares = Int32()  # type: ignore[assignment]  # another one than the base has


class PriorityLevelConfigurationSpec(v1.PriorityLevelConfigurationSpec):
    """PriorityLevelConfigurationSpec of flowcontrol/v1beta3."""

    limited = Object(LimitedPriorityLevelConfiguration)


class PriorityLevelConfiguration(v1.PriorityLevelConfiguration):
    """The kind PriorityLevelConfiguration of flowcontrol/v1beta3."""

    class Meta(v1.PriorityLevelConfiguration.Meta):
        version = "v1beta3"
        deprecated = Deprecation(
            since="1.29",
            removed_in="1.32",
            replacement="flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration",
        )

    spec = Object(PriorityLevelConfigurationSpec, load_default=dict)
