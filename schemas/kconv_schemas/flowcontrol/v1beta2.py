"""flowcontrol.apiserver.k8s.io/v1beta2, which Kubernetes 1.29 removed: the shapes of v1beta1."""

from __future__ import annotations

from kconv import Deprecation
from kconv_schemas.flowcontrol import v1beta1


class FlowSchema(v1beta1.FlowSchema):
    """The kind FlowSchema of flowcontrol/v1beta2."""

    class Meta(v1beta1.FlowSchema.Meta):
        version = "v1beta2"
        deprecated = Deprecation(
            since="1.26",
            removed_in="1.29",
            replacement="flowcontrol.apiserver.k8s.io/v1 FlowSchema",
        )


class PriorityLevelConfiguration(v1beta1.PriorityLevelConfiguration):
    """The kind PriorityLevelConfiguration of flowcontrol/v1beta2."""

    class Meta(v1beta1.PriorityLevelConfiguration.Meta):
        version = "v1beta2"
        deprecated = Deprecation(
            since="1.26",
            removed_in="1.29",
            replacement="flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration",
        )
