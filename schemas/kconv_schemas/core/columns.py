"""Printer columns of core, as ``pkg/printers/internalversion`` of Kubernetes has them."""

from __future__ import annotations

from typing import Any

from kconv import Column
from kconv.fields import UNKNOWN, age
from kconv_schemas.columns import AGE, NAME, Value, at
from kconv_schemas.core.v1.types import ConfigMap, Event, Namespace, Secret


def _entries(value: Value, *names: str) -> int:
    return sum(len(value.get(name) or ()) for name in names)


def _object(value: Value) -> str:
    involved = value.get("involvedObject") or {}
    kind, name = str(involved.get("kind", "")).lower(), involved.get("name")
    return f"{kind}/{name}" if name else kind


def _source(value: Value) -> str:
    component = at(value, "source", "component") or value.get("reportingComponent") or ""
    host = at(value, "source", "host") or value.get("reportingInstance") or ""
    return ", ".join(part for part in (component, host) if part)


def _first_seen(value: Value) -> str:
    return age(value.get("firstTimestamp") or value.get("eventTime"))


def _last_seen(value: Value) -> str:
    if value.get("series") is not None:
        return age(at(value, "series", "lastObservedTime"))
    last = age(value.get("lastTimestamp"))
    return _first_seen(value) if last == UNKNOWN else last


def _count(value: Value) -> Any:
    if value.get("series") is not None:
        return at(value, "series", "count") or 0
    return value.get("count") or 1


Namespace.opts.printer_columns = (
    NAME,
    Column("Status", lambda value: at(value, "status", "phase") or ""),
    AGE,
)
ConfigMap.opts.printer_columns = (
    NAME,
    Column("Data", lambda value: _entries(value, "data", "binaryData")),
    AGE,
)
Secret.opts.printer_columns = (
    NAME,
    Column("Type", lambda value: value.get("type") or ""),
    Column("Data", lambda value: _entries(value, "data")),
    AGE,
)
Event.opts.printer_columns = (
    Column("Last Seen", _last_seen),
    Column("Type", lambda value: value.get("type") or ""),
    Column("Reason", lambda value: value.get("reason") or ""),
    Column("Object", _object),
    Column("Subobject", lambda value: at(value, "involvedObject", "fieldPath") or "", priority=1),
    Column("Source", _source, priority=1),
    Column("Message", lambda value: (value.get("message") or "").strip()),
    Column("First Seen", _first_seen, priority=1),
    Column("Count", _count, priority=1),
    Column("Name", "metadata.name", format="name", priority=1),
)
