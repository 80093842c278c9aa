"""discovery.k8s.io/v1beta1, which Kubernetes 1.25 removed: the zone is a label of the topology."""

from __future__ import annotations

from kconv import Deprecation, Type
from kconv.fields import List, Map, Object, String
from kconv_schemas.core.v1.types import ObjectReference
from kconv_schemas.discovery.v1 import types as v1


class Endpoint(Type):
    """Endpoint of discovery/v1beta1."""

    addresses = List(String(), list_type="set", required=True)
    conditions = Object(v1.EndpointConditions)
    hints = Object(v1.EndpointHints)
    hostname = String()
    nodeName = String()
    targetRef = Object(ObjectReference)
    topology = Map(String())


class EndpointSlice(v1.EndpointSlice):
    """The kind EndpointSlice of discovery/v1beta1."""

    class Meta(v1.EndpointSlice.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.21", removed_in="1.25", replacement="discovery.k8s.io/v1 EndpointSlice"
        )

    endpoints = List(Object(Endpoint), list_type="atomic")  # type: ignore[assignment]  # another one than the base has
