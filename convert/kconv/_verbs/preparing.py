"""What a kind has the server set in its new objects."""

from __future__ import annotations

import copy

from kconv._pipeline import HubObject
from kconv._resource import Hub
from kconv._scheme import HubKind


def prepared(hub: HubObject) -> HubObject:
    """A new object with what its kind has the server set, if it has; else the object itself."""
    if not has_more(hub.kind):
        return hub
    # A kind's own function works on a dict.
    fresh = copy.deepcopy(hub.value)
    hub.kind.hub.prepare_for_create(fresh)
    return HubObject(hub.kind, fresh)


def has_more(kind: HubKind) -> bool:
    """Whether the server sets more in a new object of a kind than metadata and defaults."""
    return kind.hub.prepare_for_create is not Hub.prepare_for_create
