"""The API group scheduling.k8s.io: priority classes, pod groups and workloads."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.scheduling import v1beta1
from kconv_schemas.scheduling.v1 import types as v1
from kconv_schemas.scheduling.v1alpha2 import types as v1alpha2


def register(scheme: Scheme) -> None:
    """Add the kinds of scheduling.k8s.io to a scheme."""
    alpha = "scheduling.k8s.io/v1alpha2"
    scheme.add(
        hub_of(v1.PriorityClass),
        Edge(v1.PriorityClass),
        Edge(v1beta1.PriorityClass),
        storage="scheduling.k8s.io/v1",
    )
    scheme.add(hub_of(v1alpha2.PodGroup), Edge(v1alpha2.PodGroup), storage=alpha)
    scheme.add(hub_of(v1alpha2.Workload), Edge(v1alpha2.Workload), storage=alpha)
