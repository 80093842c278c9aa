"""Printer columns of autoscaling, as ``pkg/printers/internalversion`` of Kubernetes has them."""

from __future__ import annotations

import copy
from typing import Any

from kconv import Column
from kconv_schemas.autoscaling.conversion import to_hub
from kconv_schemas.autoscaling.v1 import types as v1
from kconv_schemas.autoscaling.v2 import types as v2
from kconv_schemas.columns import AGE, NAME, NONE, Value, at

_UNKNOWN = "<unknown>"
_SOURCES = {
    "External": "external",
    "Pods": "pods",
    "Object": "object",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}
_SHOWN = 2


def targets(value: Value) -> str:
    """Current and wanted value of the first metrics of a v2 object: ``cpu: 12%/80%``."""
    metrics = at(value, "spec", "metrics") or ()
    current = at(value, "status", "currentMetrics") or ()
    if not metrics:
        return NONE
    texts = [
        _metric(metric, current[index] if index < len(current) else {})
        for index, metric in enumerate(metrics)
    ]
    more = len(texts) - _SHOWN
    shown = ", ".join(texts[:_SHOWN])
    return f"{shown} + {more} more..." if more > 0 else shown


def _metric(metric: Value, status: Value) -> str:
    source = _SOURCES.get(metric.get("type", ""))
    if source is None or metric.get(source) is None:
        return "<unknown type>"
    target = at(metric, source, "target") or {}
    now = at(status, source, "current")
    if source in ("resource", "containerResource"):
        return f"{metric[source].get('name', '')}: {_share(target, now)}"
    average = target.get("averageValue")
    if source == "pods":
        return f"{_known(now, 'averageValue')}/{average or '0'}"
    if average is not None:
        return f"{_known(now, 'averageValue')}/{average} (avg)"
    return f"{_known(now, 'value')}/{target.get('value', '0')}"


def _share(target: Value, now: Value | None) -> str:
    average = target.get("averageValue")
    if average is not None:
        return f"{_known(now, 'averageValue')}/{average}"
    utilization = at(now or {}, "averageUtilization")
    wanted = target.get("averageUtilization")
    current = _UNKNOWN if utilization is None else f"{utilization}%"
    return f"{current}/{'<auto>' if wanted is None else f'{wanted}%'}"


def _known(now: Value | None, name: str) -> Any:
    return at(now or {}, name) or _UNKNOWN


def _targets_of_v1(value: Value) -> str:
    hub = copy.deepcopy({name: value[name] for name in ("metadata", "spec") if name in value})
    to_hub({**value}, hub)
    return targets(hub)


def _reference(value: Value) -> str:
    target = at(value, "spec", "scaleTargetRef") or {}
    return f"{target.get('kind', '')}/{target.get('name', '')}"


def _min_pods(value: Value) -> str:
    least = at(value, "spec", "minReplicas")
    return "<unset>" if least is None else str(least)


def _columns(targets: Column) -> tuple[Column, ...]:
    return (
        NAME,
        Column("Reference", _reference),
        targets,
        Column("MinPods", _min_pods),
        Column("MaxPods", lambda value: at(value, "spec", "maxReplicas") or 0),
        Column("Replicas", lambda value: at(value, "status", "currentReplicas") or 0),
        AGE,
    )


v2.HorizontalPodAutoscaler.opts.printer_columns = _columns(Column("Targets", targets))
v1.HorizontalPodAutoscaler.opts.printer_columns = _columns(Column("Targets", _targets_of_v1))
