"""Structural schemas of types, as a CustomResourceDefinition has them.

The rules are those of the Kubernetes documentation, "Specifying a structural schema": everything in
place and nothing by reference, types said once, no keywords but the known ones.
"""

from __future__ import annotations

from collections.abc import Sequence

from kconv._schema import Type, omitted_fields, union_in
from kconv._schema.openapi import Document, description_of, scalar, unions
from kconv._schema.type import inherited
from kconv.fields import Spec, spec_of
from kconv.fields._spec import AnyField

_OPEN = "x-kubernetes-preserve-unknown-fields"
_LIST_TYPE = "x-kubernetes-list-type"


class _Writer:
    """Writes one schema, and collects what it cannot say."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._around: list[type[Type]] = []

    def object(self, schema: type[Type], path: str, *, without: Sequence[str] = ()) -> Document:
        """The schema of a type's objects."""
        if schema in self._around:
            self.notes.append(f"{path}: recursive: what is in it is kept, and not judged")
            return {"type": "object", _OPEN: True}
        self._around.append(schema)
        fields = {
            name: field
            for name, field in schema.instance().wire_fields().items()
            if name not in without
        }
        document: Document = {"type": "object"}
        words = description_of(schema)
        if words:
            document["description"] = words
        document["properties"] = {
            name: self._property(field, f"{path}.{name}") for name, field in fields.items()
        }
        required = [
            name
            for name, field in fields.items()
            if field.required and "default" not in document["properties"][name]
        ]
        if required:
            document["required"] = required
        if getattr(schema.opts, "map_type", None):
            document["x-kubernetes-map-type"] = schema.opts.map_type
        document |= unions(schema.instance().opts.one_of)
        self._rules(schema, path)
        self._around.pop()
        return document

    def _rules(self, schema: type[Type], path: str) -> None:
        for attribute in ("rules", "update_rules", "defaulters"):
            for rule in inherited(schema, attribute):
                name = getattr(rule, "__qualname__", "") or getattr(
                    getattr(rule, "function", None), "__qualname__", str(rule)
                )
                if union_in(name) is None:
                    self.notes.append(f"{path}: {name} is a function")

    def _property(self, field: AnyField, path: str) -> Document:
        document = self._value(field, path)
        description = field.metadata.get("description")
        # A field has it on one line, where its type may have paragraphs.
        if description and description.split() != document.get("description", "").split():
            document["description"] = description
        default = field.load_default
        if callable(default):
            document["default"] = default()
        elif isinstance(default, str | int | float | bool | list | dict):
            document["default"] = default
        return document

    def _value(self, field: AnyField, path: str) -> Document:
        spec = spec_of(field)
        if spec.object_type is not None:
            document = self.object(spec.object_type, path)
            if spec.map_type is not None:
                document["x-kubernetes-map-type"] = spec.map_type
            return document
        if spec.element is None:
            return self._scalar(spec, path)
        inner = self._value(spec.element, f"{path}[*]" if spec.structure == "map" else f"{path}[]")
        if spec.structure == "map":
            document = {"type": "object", "additionalProperties": inner}
            if spec.map_type is not None:
                document["x-kubernetes-map-type"] = spec.map_type
            return document
        return self._list(spec, inner, path)

    def _list(self, spec: Spec, inner: Document, path: str) -> Document:
        document: Document = {"type": "array", "items": inner}
        list_type = spec.list_type
        if spec.unique and list_type is None:
            if inner.get("type") in ("string", "integer", "boolean", "number"):
                list_type = "set"
            else:
                self.notes.append(f"{path}: unique elements")
        keys = self._keys(spec, inner, path) if list_type == "map" else []
        if list_type == "set" and not _is_atomic(inner):
            self.notes.append(f"{path}: a set of objects or lists that are not atomic")
        if (list_type == "set" and not _is_atomic(inner)) or (list_type == "map" and not keys):
            list_type = None
        for key, value in (
            ("minItems", spec.min_items),
            ("maxItems", spec.max_items),
            (_LIST_TYPE, list_type),
            ("x-kubernetes-list-map-keys", keys or None),
        ):
            if value is not None:
                document[key] = value
        return document

    def _keys(self, spec: Spec, inner: Document, path: str) -> list[str]:
        """The keys of elements, which have to be there in a CRD; none where it takes no such keys.

        One that leaves out its zero has it for a default, as the API types of Kubernetes do.
        """
        known, keys = inner.get("properties", {}), [*dict.fromkeys(spec.map_keys)]
        if any(
            known.get(key, {"type": "array"}).get("type") in ("array", "object") for key in keys
        ):
            self.notes.append(f"{path}: keys {', '.join(keys)}: they are no single values in a CRD")
            return []
        of = spec_of(spec.element).object_type if spec.element is not None else None
        assert of is not None, "what has fields is an object"
        needed = {*inner.get("required", ())}
        for key in keys:
            if key in needed or "default" in known[key]:
                continue
            if key in omitted_fields(of) and _takes_zero(known[key]):
                known[key]["default"] = spec_of(of.instance().wire_fields()[key]).zero
                continue
            needed.add(key)
            self.notes.append(
                f"{path}[].{key}: that it may be absent, for it is a key of a list, which a CRD "
                "needs: declare it with required=True, or with a load_default"
            )
        if needed:
            inner["required"] = [name for name in known if name in needed]
        return keys

    def _scalar(self, spec: Spec, path: str) -> Document:
        if spec.structural is not None:
            if (spec.minimum, spec.maximum, spec.multiple_of) != (None, None, None):
                self.notes.append(f"{path}: bounds of a {spec.type_name}")
            return dict(spec.structural)
        if spec.openapi is not None or not spec.json_type:
            self.notes.append(f"{path}: {spec.type_name} is kept as it is, and not judged")
            return {_OPEN: True}
        if spec.multiple_of is not None and spec.json_type != "integer":
            self.notes.append(f"{path}: multiples of {spec.multiple_of}")
        lengths = {"minLength": spec.min_length, "maxLength": spec.max_length}
        said = {name: value for name, value in lengths.items() if value is not None}
        found = scalar(spec) | said
        if spec.json_type == "integer" and spec.formats == (None,) and spec.format == "int64":
            # What a whole number is where nobody said its format.
            del found["format"]
        return found


def _is_atomic(schema: Document) -> bool:
    """Whether values can be elements of a set: they are told apart as a whole."""
    if schema.get("type") == "object":
        return schema.get("x-kubernetes-map-type") == "atomic"
    return schema.get("type") != "array" or schema.get(_LIST_TYPE) in (None, "atomic")


def _takes_zero(schema: Document) -> bool:
    """Whether the zero of its type is a value beyond doubt."""
    free = {"type", "description", "maxLength"}
    return schema.keys() <= (free if schema.get("type") == "string" else {*free, "format"})


def structural(
    schema: type[Type], path: str = "", *, without: Sequence[str] = ()
) -> tuple[Document, list[str]]:
    """The structural schema of a type, and what it says that a schema cannot, by path."""
    writer = _Writer()
    return writer.object(schema, path, without=without), writer.notes
