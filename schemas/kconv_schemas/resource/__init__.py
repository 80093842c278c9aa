"""The API group resource.k8s.io: devices, who claims them, and who offers them."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.resource import (
    defaults,  # noqa: F401 - adds the computed defaults to the types
)
from kconv_schemas.resource.conversion import DEVICES, REQUESTS, TEMPLATE_REQUESTS
from kconv_schemas.resource.v1 import types as v1
from kconv_schemas.resource.v1alpha3 import types as v1alpha3
from kconv_schemas.resource.v1beta1 import types as v1beta1
from kconv_schemas.resource.v1beta2 import types as v1beta2

_STORED = "resource.k8s.io/v1"


def register(scheme: Scheme) -> None:
    """Add the kinds of resource.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1.DeviceClass),
        Edge(v1.DeviceClass),
        Edge(v1beta2.DeviceClass),
        Edge(v1beta1.DeviceClass),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1beta2.DeviceTaintRule),
        Edge(v1beta2.DeviceTaintRule),
        Edge(v1alpha3.DeviceTaintRule),
        storage="resource.k8s.io/v1beta2",
    )
    scheme.add(
        hub_of(v1.ResourceClaim),
        Edge(v1.ResourceClaim),
        Edge(v1beta2.ResourceClaim),
        Edge(v1beta1.ResourceClaim, REQUESTS),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.ResourceClaimTemplate),
        Edge(v1.ResourceClaimTemplate),
        Edge(v1beta2.ResourceClaimTemplate),
        Edge(v1beta1.ResourceClaimTemplate, TEMPLATE_REQUESTS),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1alpha3.ResourcePoolStatusRequest),
        Edge(v1alpha3.ResourcePoolStatusRequest),
        storage="resource.k8s.io/v1alpha3",
    )
    scheme.add(
        hub_of(v1.ResourceSlice),
        Edge(v1.ResourceSlice),
        Edge(v1beta2.ResourceSlice),
        Edge(v1beta1.ResourceSlice, DEVICES),
        storage=_STORED,
    )
