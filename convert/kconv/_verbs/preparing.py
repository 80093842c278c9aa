"""What a kind has the server set in its new objects."""

from __future__ import annotations

import copy

from kconv._errors import FunctionFailed
from kconv._pipeline import HubObject, failed_on
from kconv._resource import Hub
from kconv._schema import calling
from kconv._scheme import HubKind


def prepared(hub: HubObject) -> HubObject:
    """A new object with what its kind has the server set, if it has; else the object itself.

    Raises `FunctionFailed` where that fails.
    """
    if not has_more(hub.kind):
        return hub
    # A kind's own function works on a dict.
    fresh = copy.deepcopy(hub.value)
    of = hub.kind.hub
    try:
        with calling(of.prepare_for_create, of):
            of.prepare_for_create(fresh)
    except FunctionFailed as error:
        raise failed_on(error, hub.kind.spokes[0], fresh) from error.__cause__
    return HubObject(hub.kind, fresh)


def has_more(kind: HubKind) -> bool:
    """Whether the server sets more in a new object of a kind than metadata and defaults."""
    return kind.hub.prepare_for_create is not Hub.prepare_for_create
