"""Columns and cells that several kinds have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconv import Column

Value = Mapping[str, Any]

NONE = "<none>"
NAME = Column("Name", "metadata.name", format="name")
AGE = Column("Age", "metadata.creationTimestamp", type="date")


def at(value: Value, *names: str) -> Any:
    """What is at a path of field names; None when nothing is."""
    found: Any = value
    for name in names:
        found = found.get(name) if found else None
    return found


def container_names(pod: Value | None) -> str:
    """The names of a pod spec's containers, joined by commas."""
    return ",".join(each.get("name", "") for each in at(pod or {}, "containers") or ())


def images(pod: Value | None) -> str:
    """The images of a pod spec's containers, joined by commas."""
    return ",".join(each.get("image", "") for each in at(pod or {}, "containers") or ())


def selector(value: Value | None) -> str:
    """A label selector as ``kubectl get -o wide`` shows it: ``app=web,tier in (a,b)``."""
    if value is None:
        return NONE
    parts = [f"{key}={label}" for key, label in sorted((value.get("matchLabels") or {}).items())]
    for each in value.get("matchExpressions") or ():
        parts.append(_requirement(each))
    return ",".join(parts) or NONE


def _requirement(value: Value) -> str:
    key, operator = value.get("key", ""), value.get("operator")
    if operator == "Exists":
        return str(key)
    if operator == "DoesNotExist":
        return f"!{key}"
    words = {"In": "in", "NotIn": "notin"}
    names = ",".join(sorted(value.get("values") or ()))
    return f"{key} {words.get(str(operator), operator)} ({names})"
