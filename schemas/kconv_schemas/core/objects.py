"""Namespaces, config maps, secrets and events."""

from __future__ import annotations

from kconv import Rename, Scheme, WhenAbsent
from kconv.edges import Edge, Lose
from kconv_schemas import zeros  # noqa: F401 - says which fields leave out zeros
from kconv_schemas.core import (
    columns,  # noqa: F401 - adds the printer columns to the types
    defaults,  # noqa: F401 - adds the computed defaults to the types
    hub,
    validation,  # noqa: F401 - adds the rules to the types
)
from kconv_schemas.core.events import v1beta1 as events_v1beta1
from kconv_schemas.core.events.names import EVENT_NAMES
from kconv_schemas.core.events.v1 import types as events_v1
from kconv_schemas.core.v1 import types as v1

_EVENT = (
    *(Rename(name, core) for core, name in EVENT_NAMES.items()),
    WhenAbsent("reportingComponent", ""),
    WhenAbsent("reportingInstance", ""),
    WhenAbsent("source", {}),
)
"""An event of events.k8s.io is the same stored object under other names."""


def register(scheme: Scheme) -> None:
    """Add them to a scheme."""
    folded = Lose(spoke=("stringData",), reason="it is folded into data when it is decoded")
    scheme.add(hub.Namespace, Edge(v1.Namespace), storage="v1")
    scheme.add(hub.ConfigMap, Edge(v1.ConfigMap), storage="v1")
    scheme.add(hub.Secret, Edge(v1.Secret, folded), storage="v1")
    scheme.add(
        hub.Event,
        Edge(v1.Event),
        Edge(events_v1.Event, *_EVENT),
        Edge(events_v1beta1.Event, *_EVENT),
        storage="v1",
    )
