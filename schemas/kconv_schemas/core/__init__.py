"""The core API group: namespaces, config maps, secrets and events, and the pod template."""

from __future__ import annotations

from kconv import Scheme
from kconv.edges import Edge, Lose
from kconv_schemas.core import (
    columns,  # noqa: F401 - adds the printer columns to the types
    defaults,  # noqa: F401 - adds the computed defaults to the types
    hub,
    validation,  # noqa: F401 - adds the rules to the types
)
from kconv_schemas.core.v1 import types as v1


def register(scheme: Scheme) -> None:
    """Add the kinds of the core group to a scheme."""
    folded = Lose(spoke=("stringData",), reason="it is folded into data when it is decoded")
    scheme.add(hub.Namespace, Edge(v1.Namespace), storage="v1")
    scheme.add(hub.ConfigMap, Edge(v1.ConfigMap), storage="v1")
    scheme.add(hub.Secret, Edge(v1.Secret, folded), storage="v1")
    scheme.add(hub.Event, Edge(v1.Event), storage="v1")
