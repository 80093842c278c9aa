"""events.k8s.io/v1beta1, which Kubernetes 1.25 removed: the shapes of v1."""

from __future__ import annotations

from kconv import Deprecation
from kconv_schemas.core.events.v1 import types as v1


class Event(v1.Event):
    """The kind Event of events.k8s.io/v1beta1."""

    class Meta(v1.Event.Meta):
        version = "v1beta1"
        deprecated = Deprecation(
            since="1.19", removed_in="1.25", replacement="events.k8s.io/v1 Event"
        )
