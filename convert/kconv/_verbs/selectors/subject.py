"""What selectors look at: an object's labels and its kind's selectable fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kconv._codec import json as json_codec
from kconv._pipeline.view import value_at
from kconv._resource import SelectableField
from kconv._scheme import HubKind
from kconv._verbs.selectors.field import FieldSelector
from kconv._verbs.selectors.label import LabelSelector

_COMMON = (SelectableField("metadata.name"), SelectableField("metadata.namespace"))


def selectable_fields(kind: HubKind) -> tuple[SelectableField, ...]:
    """What field selectors may use: name and namespace, and what the kind declares."""
    return (*_COMMON, *kind.options.selectable_fields)


def _text(field: SelectableField, native: Any) -> str:
    """The value of a field as selectors compare it."""
    found = value_at(native, field.steps)
    if found is None:
        return field.absent
    return found if isinstance(found, str) else json.dumps(found)


@dataclass(frozen=True, slots=True)
class Subject:
    """Labels and selectable fields of one state of one object."""

    labels: Mapping[str, str]
    fields: Mapping[str, str]

    @classmethod
    def of(cls, kind: HubKind, native: Any) -> Subject:
        """The subject of an object in its hub version, as the engine keeps it."""
        labels = value_at(native, ("metadata", "labels")) or {}
        return cls(labels, {each.name: _text(each, native) for each in selectable_fields(kind)})

    def encode(self) -> bytes:
        """As kept in the change log beside a change, for watches with selectors."""
        return json_codec.encode({"labels": self.labels, "fields": self.fields})

    @classmethod
    def decode(cls, data: bytes) -> Subject:
        """The reverse of `encode`."""
        value = json_codec.decode(data)
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
