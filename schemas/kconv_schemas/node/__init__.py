"""The API group node.k8s.io: runtime classes."""

from __future__ import annotations

from kconv import Rename, Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.node import v1alpha1, v1beta1
from kconv_schemas.node.v1 import types as v1


def register(scheme: Scheme) -> None:
    """Add the kinds of node.k8s.io to a scheme."""
    scheme.add(
        hub_of(v1.RuntimeClass),
        Edge(v1.RuntimeClass),
        Edge(v1beta1.RuntimeClass),
        Edge(
            v1alpha1.RuntimeClass,
            Rename("spec.runtimeHandler", "handler"),
            Rename("spec.overhead", "overhead"),
            Rename("spec.scheduling", "scheduling"),
        ),
        storage="node.k8s.io/v1",
    )
