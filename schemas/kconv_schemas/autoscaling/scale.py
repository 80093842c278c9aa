"""Scale, as the subresource of that name has it, in all groups that ever had it."""

from __future__ import annotations

from kconv import Deprecation, Resource, Scheme, Type, hub_of
from kconv.edges import Edge, Functions
from kconv.fields import Int32, Map, Object, String
from kconv_schemas.autoscaling import scale_selector
from kconv_schemas.autoscaling.v1 import types as v1


class ScaleStatus(Type):
    """ScaleStatus of versions before autoscaling/v1: labels, and a selector beside them."""

    replicas = Int32(load_default=0)
    selector = Map(String())
    targetSelector = String()


class _Former(Resource):
    spec = Object(v1.ScaleSpec, load_default=dict)
    status = Object(ScaleStatus, load_default=dict)


class AppsV1Beta1Scale(_Former):
    """The kind Scale of apps/v1beta1."""

    class Meta:
        group = "apps"
        version = "v1beta1"
        kind = "Scale"
        subresources = ()
        deprecated = Deprecation("1.9", "1.16", "autoscaling/v1 Scale")


class AppsV1Beta2Scale(_Former):
    """The kind Scale of apps/v1beta2."""

    class Meta:
        group = "apps"
        version = "v1beta2"
        kind = "Scale"
        subresources = ()
        deprecated = Deprecation("1.9", "1.16", "autoscaling/v1 Scale")


class ExtensionsScale(_Former):
    """The kind Scale of extensions/v1beta1."""

    class Meta:
        group = "extensions"
        version = "v1beta1"
        kind = "Scale"
        subresources = ()
        deprecated = Deprecation("1.9", "1.16", "autoscaling/v1 Scale")


_SELECTOR = Functions(
    spoke=("status.selector", "status.targetSelector"),
    hub=("status.selector",),
    to_hub=scale_selector.to_hub,
    to_spoke=scale_selector.to_spoke,
    lost={"spoke:status.selector": "the selector beside the labels wins over them"},
)
"""The labels of former versions are a selector in autoscaling/v1."""


def register(scheme: Scheme) -> None:
    """Add Scale to a scheme."""
    scheme.add(
        hub_of(v1.Scale),
        Edge(v1.Scale),
        Edge(AppsV1Beta2Scale, _SELECTOR),
        Edge(AppsV1Beta1Scale, _SELECTOR),
        Edge(ExtensionsScale, _SELECTOR),
        storage="autoscaling/v1",
    )
