"""The API group apps: deployments, daemon sets, replica sets, stateful sets and revisions."""

from __future__ import annotations

from kconv import Scheme, hub_of
from kconv.edges import Edge
from kconv_schemas.apps import (
    defaults,  # noqa: F401 - adds the computed defaults to the types
    extensions,
    hub,
    v1beta1,
    v1beta2,
    validation,  # noqa: F401 - adds the rules to the types
)
from kconv_schemas.apps.conversion import generation, rollback
from kconv_schemas.apps.v1 import types as v1
from kconv_schemas.core import pods  # noqa: F401 - adds the defaults and rules of pod templates

_STORED = "apps/v1"


def register(scheme: Scheme) -> None:
    """Add the kinds of apps to a scheme, with what extensions had of them."""
    scheme.add(
        hub_of(v1.ControllerRevision),
        Edge(v1.ControllerRevision),
        Edge(v1beta2.ControllerRevision),
        Edge(v1beta1.ControllerRevision),
        storage=_STORED,
    )
    scheme.add(
        hub.DaemonSet,
        Edge(v1.DaemonSet, generation(v1.DaemonSet)),
        Edge(v1beta2.DaemonSet, generation(v1beta2.DaemonSet)),
        Edge(extensions.DaemonSet),
        storage=_STORED,
    )
    scheme.add(
        hub.Deployment,
        Edge(v1.Deployment, rollback(v1.Deployment)),
        Edge(v1beta2.Deployment, rollback(v1beta2.Deployment)),
        Edge(v1beta1.Deployment),
        Edge(extensions.Deployment),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1beta1.DeploymentRollback),
        Edge(v1beta1.DeploymentRollback),
        Edge(extensions.DeploymentRollback),
        storage="apps/v1beta1",
    )
    scheme.add(
        hub_of(v1.ReplicaSet),
        Edge(v1.ReplicaSet),
        Edge(v1beta2.ReplicaSet),
        Edge(extensions.ReplicaSet),
        storage=_STORED,
    )
    scheme.add(
        hub_of(v1.StatefulSet),
        Edge(v1.StatefulSet),
        Edge(v1beta2.StatefulSet),
        Edge(v1beta1.StatefulSet),
        storage=_STORED,
    )
