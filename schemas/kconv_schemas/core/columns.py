"""Printer columns of core, as ``pkg/printers/internalversion`` of Kubernetes has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kconv import Column
from kconv.fields import UNKNOWN, age
from kconv_schemas.columns import AGE, NAME, Value, at
from kconv_schemas.core.events import v1beta1 as events_v1beta1
from kconv_schemas.core.events.names import EVENT_NAMES
from kconv_schemas.core.events.v1 import types as events_v1
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


def _event_columns(names: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns of events whose fields have other names than in core/v1."""

    def of(cell: Callable[[Value], Any]) -> Callable[[Value], Any]:
        def renamed(value: Value) -> Any:
            others = {name: value[other] for name, other in names.items() if other in value}
            return cell({**value, **others})

        return renamed if names else cell

    return (
        Column("Last Seen", of(_last_seen)),
        Column("Type", of(lambda value: value.get("type") or "")),
        Column("Reason", of(lambda value: value.get("reason") or "")),
        Column("Object", of(_object)),
        Column(
            "Subobject",
            of(lambda value: at(value, "involvedObject", "fieldPath") or ""),
            priority=1,
        ),
        Column("Source", of(_source), priority=1),
        Column("Message", of(lambda value: (value.get("message") or "").strip())),
        Column("First Seen", of(_first_seen), priority=1),
        Column("Count", of(_count), priority=1),
        Column("Name", "metadata.name", format="name", priority=1),
    )


Event.opts.printer_columns = _event_columns({})
for event in (events_v1.Event, events_v1beta1.Event):
    event.opts.printer_columns = _event_columns(EVENT_NAMES)
