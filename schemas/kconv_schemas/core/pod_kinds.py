"""Pods, what makes them of a template, and what is asked of them."""

from __future__ import annotations

from kconv import Resource, Scheme, hub_of
from kconv.edges import Edge
from kconv.fields import Object
from kconv_schemas.core import pod_kind_defaults  # noqa: F401 - adds the computed defaults
from kconv_schemas.core.v1 import types as v1


class PodStatusResult(Resource):
    """The kind PodStatusResult of core/v1, which a kubelet answers and no server serves."""

    class Meta:
        group = ""
        version = "v1"

    status = Object(v1.PodStatus)


def register(scheme: Scheme) -> None:
    """Add them to a scheme."""
    scheme.add(hub_of(v1.Binding), Edge(v1.Binding), storage="v1")
    scheme.add(hub_of(v1.Pod), Edge(v1.Pod), storage="v1")
    scheme.add(hub_of(PodStatusResult), Edge(PodStatusResult), storage="v1")
    scheme.add(hub_of(v1.PodTemplate), Edge(v1.PodTemplate), storage="v1")
    scheme.add(hub_of(v1.ReplicationController), Edge(v1.ReplicationController), storage="v1")
