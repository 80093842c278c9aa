"""What deleting an object means: at once, or when its last finalizer has been taken off."""

from __future__ import annotations

from typing import Any

from kconv._serve.kind_rules import is_namespace
from kconv._serve.metadata import now
from kconv._serve.objects import Current
from kconv.fields._time import format_time

Value = dict[str, Any]


def finalizers_of(current: Current) -> list[str]:
    """All that holds an object back from going; a namespace has some in its spec."""
    return finalizers_in(current.value, namespace=is_namespace(current.kind))


def finalizers_in(value: Value, *, namespace: bool) -> list[str]:
    """The finalizers in a hub value."""
    found = list(value["metadata"].get("finalizers") or ())
    if namespace:
        found += (value.get("spec") or {}).get("finalizers") or ()
    return found


def mark_for_deletion(current: Current) -> Value:
    """The object as it waits for its finalizers: deletionTimestamp set, generation counted up."""
    meta = {
        **current.meta,
        "deletionTimestamp": format_time(now()),
        "deletionGracePeriodSeconds": 0,
    }
    if meta.get("generation"):
        meta["generation"] += 1
    value = {**current.value, "metadata": meta}
    if is_namespace(current.kind):
        value["status"] = {**(value.get("status") or {}), "phase": "Terminating"}
    return value
