"""What selectors look at: an object's labels and its kind's selectable fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kconv._gvk import GroupResource
from kconv._serve.selectors.field import FieldSelector
from kconv._serve.selectors.label import LabelSelector

_COMMON = ("metadata.name", "metadata.namespace")
_BY_KIND: Mapping[GroupResource, tuple[str, ...]] = {
    GroupResource("", "namespaces"): ("status.phase",),
    GroupResource("", "secrets"): ("type",),
    GroupResource("", "events"): (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    GroupResource("batch", "jobs"): ("status.successful",),
}
_PATHS = {
    "status.successful": "status.succeeded",
    "source": "source.component",
}


def fields_of(resource: GroupResource) -> tuple[str, ...]:
    """The names that field selectors may use for a stored resource, Kubernetes' own sets."""
    return (*_COMMON, *_BY_KIND.get(resource, ()))


def selectable(resource: GroupResource, value: Mapping[str, Any]) -> dict[str, str]:
    """The values of an object's selectable fields, as strings; absent ones are empty."""
    return {name: _text(value, _PATHS.get(name, name)) for name in fields_of(resource)}


def _text(value: Mapping[str, Any], path: str) -> str:
    found: Any = value
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    if found is None:
        return "0" if path == "status.succeeded" else ""
    return found if isinstance(found, str) else json.dumps(found)


@dataclass(frozen=True, slots=True)
class Subject:
    """Labels and selectable fields of one state of one object."""

    labels: Mapping[str, str]
    fields: Mapping[str, str]

    @classmethod
    def of(cls, resource: GroupResource, value: Mapping[str, Any]) -> Subject:
        """The subject of a decoded object of a stored resource."""
        labels = value.get("metadata", {}).get("labels") or {}
        return cls(labels, selectable(resource, value))

    def encode(self) -> bytes:
        """As kept in the change log beside a change, for watches with selectors."""
        return json.dumps({"labels": self.labels, "fields": self.fields}).encode()

    @classmethod
    def decode(cls, data: bytes) -> Subject:
        """The reverse of `encode`."""
        value = json.loads(data)
        return cls(value.get("labels") or {}, value.get("fields") or {})


@dataclass(frozen=True, slots=True)
class Selector:
    """Both selectors of a request."""

    labels: LabelSelector = field(default_factory=LabelSelector)
    fields: FieldSelector = field(default_factory=FieldSelector)

    @property
    def everything(self) -> bool:
        """Whether nothing is filtered out."""
        return not self.labels.requirements and not self.fields.terms

    def matches(self, subject: Subject) -> bool:
        """Whether a state of an object is selected."""
        return self.labels.matches(subject.labels) and self.fields.matches(subject.fields)
