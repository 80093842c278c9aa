"""Deletion: immediate, or deferred until the last finalizer is removed."""

from __future__ import annotations

from kconv._pipeline import HubObject
from kconv._pipeline.view import value_at, with_metadata
from kconv._verbs.current import Current
from kconv._verbs.kind_rules import is_namespace
from kconv._verbs.metadata import now
from kconv.fields._time import format_time


def finalizers_in(hub: HubObject) -> list[str]:
    """All that keeps an object from being removed; a namespace has some in its spec."""
    found = list(value_at(hub.native, ("metadata", "finalizers")) or ())
    if is_namespace(hub.kind):
        found += value_at(hub.native, ("spec", "finalizers")) or ()
    return found


def mark_for_deletion(current: Current, finalizers: list[str] | None = None) -> HubObject:
    """The object as it waits for its finalizers: deletionTimestamp set, generation counted up.

    ``finalizers`` are those that it is to have from now on; None leaves them. What is marked
    already gets no other time.
    """
    meta = current.meta.copied()
    if finalizers:
        meta["finalizers"] = finalizers
    elif finalizers is not None:
        meta.pop("finalizers", None)
    if not meta.get("deletionTimestamp"):
        meta["deletionTimestamp"] = format_time(now())
        if not is_namespace(current.kind):
            meta["deletionGracePeriodSeconds"] = 0
        if meta.get("generation"):
            meta["generation"] += 1
    marked = HubObject(current.kind, with_metadata(current.hub.native, meta))
    if is_namespace(current.kind):
        # Its status may be absent; a namespace is small, and deleted once.
        value = dict(marked.value)
        value["status"] = {**(value.get("status") or {}), "phase": "Terminating"}
        return HubObject(current.kind, value)
    return marked
