"""OpenAPI schemas of marshmallow types, with Kubernetes' ``x-kubernetes-*`` extensions."""

from __future__ import annotations

import copy

from kconv._gvk import version_key
from kconv._resource import Resource
from kconv._schema import Type
from kconv._schema.openapi import Document, first_paragraph, scalar, unions
from kconv._structural import StructuralResource
from kconv.fields import Spec, spec_of
from kconv.fields._spec import AnyField


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
        if issubclass(schema, StructuralResource):
            return self._structural(schema)
        fields = schema.instance().wire_fields()
        document: Document = {"type": "object"}
        description = first_paragraph(schema.__doc__)
        if description:
            document["description"] = description
        document["properties"] = {name: self._property(field) for name, field in fields.items()}
        required = sorted(name for name, field in fields.items() if field.required)
        if required:
            document["required"] = required
        if getattr(schema.opts, "map_type", None):
            document["x-kubernetes-map-type"] = schema.opts.map_type
        document |= unions(schema.instance().opts.one_of)
        return document

    def _structural(self, schema: type[StructuralResource]) -> Document:
        """The schema of a CRD as it is, and what every object has."""
        metadata = schema.instance().wire_fields()["metadata"]
        head: Document = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
        head["metadata"] = self._property(metadata)
        own = schema.structural
        return {**own, "properties": {**head, **(own.get("properties") or {})}}

    def _property(self, field: AnyField) -> Document:
        document = self._value(field)
        if field.metadata.get("description"):
            document["description"] = field.metadata["description"]
        default = field.load_default
        if default is dict:
            if _may_be_empty(spec_of(field)):
                document["default"] = {}
        elif isinstance(default, str | int | float | bool | list | dict):
            document["default"] = default
        return document

    def _value(self, field: AnyField) -> Document:
        spec = spec_of(field)
        if spec.object_type is not None:
            # A $ref takes no siblings, so what the field adds goes around it.
            return {"allOf": [self.ref(spec.object_type)], **_map_type(spec)}
        if spec.element is None:
            return copy.deepcopy(dict(spec.openapi)) if spec.openapi is not None else scalar(spec)
        if spec.structure == "map":
            values = self._item(spec.element)
            return {"type": "object", "additionalProperties": values, **_map_type(spec)}
        return self._list(spec, spec.element)

    def _item(self, field: AnyField) -> Document:
        """Elements; like Kubernetes' own, objects among them have an empty default."""
        document = self._value(field)
        if spec_of(field).structure == "object" and _may_be_empty(spec_of(field)):
            document["default"] = {}
        return document

    def _list(self, spec: Spec, element: AnyField) -> Document:
        document: Document = {"type": "array", "items": self._item(element)}
        if spec.list_type:
            document["x-kubernetes-list-type"] = spec.list_type
        if spec.map_keys:
            document["x-kubernetes-list-map-keys"] = list(spec.map_keys)
        if spec.merge_key:
            document["x-kubernetes-patch-merge-key"] = spec.merge_key
        if spec.patch_strategy:
            document["x-kubernetes-patch-strategy"] = spec.patch_strategy
        return document


def _may_be_empty(spec: Spec) -> bool:
    """Whether an empty object is one of its type: a default has to be valid."""
    if spec.object_type is None:
        return True
    schema = spec.object_type.instance()
    return not schema.opts.one_of and not any(
        field.required for field in schema.wire_fields().values()
    )


def _map_type(spec: Spec) -> Document:
    return {} if spec.map_type is None else {"x-kubernetes-map-type": spec.map_type}


def _reversed(group: str) -> str:
    """A group as Kubernetes' documents begin names with it: io.k8s.api.batch, com.example."""
    if "." in group:
        return ".".join(reversed(group.split(".")))
    return f"io.k8s.api.{group or 'core'}"
