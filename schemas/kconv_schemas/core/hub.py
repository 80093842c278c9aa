"""The internal versions of core's kinds: the shapes of v1, which is their only version."""

from __future__ import annotations

from typing import Any

from kconv import Hub, SelectableField
from kconv.fields import Boolean, Bytes, Int32, Map, MicroTime, Object, String, Time
from kconv_schemas.core.defaults import NAME_LABEL
from kconv_schemas.core.v1.types import (
    EventSeries,
    EventSource,
    NamespaceSpec,
    NamespaceStatus,
    ObjectReference,
)


class Namespace(Hub):
    """The internal version of Namespace."""

    class Meta:
        group = ""
        kind = "Namespace"
        selectable_fields = ("status.phase",)

    spec = Object(NamespaceSpec)
    status = Object(NamespaceStatus)

    @staticmethod
    def prepare_for_create(value: dict[str, Any]) -> None:
        """What the server sets on a new namespace: its finalizer, phase and name label."""
        finalizers = value.setdefault("spec", {}).setdefault("finalizers", [])
        if "kubernetes" not in finalizers:
            finalizers.append("kubernetes")
        value["status"] = {"phase": "Active"}
        value["metadata"].setdefault("labels", {})[NAME_LABEL] = value["metadata"].get("name") or ""


class ConfigMap(Hub):
    """The internal version of ConfigMap."""

    class Meta:
        group = ""
        kind = "ConfigMap"

    binaryData = Map(Bytes())
    data = Map(String())
    immutable = Boolean()


class Secret(Hub):
    """The internal version of Secret; ``stringData`` is folded into ``data`` when decoded."""

    class Meta:
        group = ""
        kind = "Secret"
        selectable_fields = ("type",)

    data = Map(Bytes())
    immutable = Boolean()
    type = String()


class Event(Hub):
    """The internal version of Event."""

    class Meta:
        group = ""
        kind = "Event"
        selectable_fields = (
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            SelectableField("source", "source.component"),
            "type",
        )

    action = String()
    count = Int32()
    eventTime = MicroTime()
    firstTimestamp = Time()
    involvedObject = Object(ObjectReference, required=True, metadata={"reference": True})
    lastTimestamp = Time()
    message = String()
    reason = String()
    related = Object(ObjectReference, metadata={"reference": True})
    reportingComponent = String()
    reportingInstance = String()
    series = Object(EventSeries)
    source = Object(EventSource)
    type = String()
