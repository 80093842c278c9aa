"""OpenAPI schemas of marshmallow types, with Kubernetes' ``x-kubernetes-*`` extensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kconv._gvk import version_key
from kconv._resource import Resource
from kconv._schema import Type
from kconv.fields import (
    Boolean,
    Bytes,
    Double,
    Duration,
    FreeForm,
    Integer,
    IntOrString,
    List,
    Map,
    MicroTime,
    Object,
    Quantity,
    String,
    Time,
)

Document = dict[str, Any]


class Schemas:
    """Collects ``components.schemas`` of one document; a type is described once."""

    def __init__(self) -> None:
        self.components: dict[str, Document] = {}
        self._names: dict[type[Type], str] = {}

    def ref(self, schema: type[Type]) -> Document:
        """A reference to a type, which is added with all that it uses."""
        name = self._names.get(schema)
        if name is None:
            name = self._names[schema] = self._name(schema)
            self.components[name] = {}
            self.components[name] = self._object(schema)
        return {"$ref": f"#/components/schemas/{name}"}

    def _name(self, schema: type[Type]) -> str:
        """Group, version and class where the type's module says them, else package and class."""
        parts = schema.__module__.split(".")
        versions = [at for at, part in enumerate(parts) if at and version_key(part)[0] < 3]
        at = versions[-1] if versions else 0
        package = parts[at - 1 : at + 1] if at else parts[-2:-1]
        name = ".".join([*package, schema.__name__])
        if issubclass(schema, Resource):
            gvk = schema.opts.gvk
            name = f"{_reversed(gvk.group)}.{gvk.version}.{schema.__name__}"
        taken = name
        count = 2
        while taken in self.components:
            taken, count = f"{name}{count}", count + 1
        return taken

    def _object(self, schema: type[Type]) -> Document:
        fields = schema.instance().wire_fields()
        document: Document = {"type": "object"}
        description = _first_paragraph(schema.__doc__)
        if description:
            document["description"] = description
        document["properties"] = {name: self._property(field) for name, field in fields.items()}
        required = sorted(name for name, field in fields.items() if field.required)
        if required:
            document["required"] = required
        if getattr(schema.opts, "map_type", None):
            document["x-kubernetes-map-type"] = schema.opts.map_type
        return document

    def _property(self, field: Any) -> Document:
        if isinstance(field, Object):
            # A $ref takes no siblings, so what the field adds goes around it.
            document: Document = {"allOf": [self.ref(field.type)]}
        else:
            document = self._value(field)
        metadata: Mapping[str, Any] = getattr(field, "metadata", None) or {}
        if metadata.get("description"):
            document["description"] = metadata["description"]
        default = getattr(field, "load_default", None)
        if default is dict:
            document["default"] = {}
        elif isinstance(default, str | int | float | bool | list | dict):
            document["default"] = default
        return document

    def _value(self, field: Any) -> Document:
        if isinstance(field, List):
            return self._list(field)
        if isinstance(field, Map):
            return {"type": "object", "additionalProperties": self._item(field.inner)}
        return _scalar(field)

    def _item(self, field: Any) -> Document:
        """Elements; like Kubernetes' own, objects among them have an empty default."""
        if isinstance(field, Object):
            return {"allOf": [self.ref(field.type)], "default": {}}
        return self._value(field)

    def _list(self, field: List) -> Document:
        document: Document = {"type": "array", "items": self._item(field.inner)}
        if field.list_type:
            document["x-kubernetes-list-type"] = field.list_type
        if field.map_keys:
            document["x-kubernetes-list-map-keys"] = list(field.map_keys)
        if field.merge_key:
            document["x-kubernetes-patch-merge-key"] = field.merge_key
        if field.patch_strategy:
            document["x-kubernetes-patch-strategy"] = field.patch_strategy
        return document


def _reversed(group: str) -> str:
    """A group as Kubernetes' documents begin names with it: io.k8s.api.batch, com.example."""
    if "." in group:
        return ".".join(reversed(group.split(".")))
    return f"io.k8s.api.{group or 'core'}"


def _scalar(field: Any) -> Document:
    match field:
        case Quantity():
            return {"oneOf": [{"type": "string"}, {"type": "number"}]}
        case IntOrString():
            return {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}
        case MicroTime() | Time():
            return {"type": "string", "format": "date-time"}
        case Bytes():
            return {"type": "string", "format": "byte"}
        case Duration():
            return {"type": "string"}
        case String():
            document: Document = {"type": "string"}
            if field.enum:
                document["enum"] = list(field.enum)
            if field.pattern:
                document["pattern"] = field.pattern
            return document
        case Integer():
            return _bounded({"type": "integer", "format": field.format}, field)
        case Double():
            return _bounded({"type": "number", "format": "double"}, field)
        case Boolean():
            return {"type": "boolean"}
        case FreeForm(object_only=True):
            return {"type": "object"}
    return {}


def _bounded(document: Document, field: Integer | Double) -> Document:
    if field.minimum is not None:
        document["minimum"] = field.minimum
    if field.maximum is not None:
        document["maximum"] = field.maximum
    return document


def _first_paragraph(text: str | None) -> str:
    return " ".join((text or "").strip().partition("\n\n")[0].split())
