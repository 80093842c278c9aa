"""Shapes from schemas as structured-merge-diff writes them, for the cases of its own tests."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from kconv._managed.shape import ListShape, MapShape, Scalar, Shape

SCALARS: dict[str, Scalar] = {
    "string": "string",
    "numeric": "numeric",
    "boolean": "boolean",
    "untyped": "untyped",
}


UNTYPED = """
- name: __untyped_atomic_
  scalar: untyped
  list: {elementType: {namedType: __untyped_atomic_}, elementRelationship: atomic}
  map: {elementType: {namedType: __untyped_atomic_}, elementRelationship: atomic}
- name: __untyped_deduced_
  scalar: untyped
  list: {elementType: {namedType: __untyped_atomic_}, elementRelationship: atomic}
  map: {elementType: {namedType: __untyped_deduced_}, elementRelationship: separable}
"""


@cache
def schema(text: str) -> Schema:
    """The schema of a text, read once."""
    return Schema(text)


class Schema:
    """The types of one schema by name."""

    def __init__(self, text: str) -> None:
        declared = yaml.load(text, yaml.CSafeLoader) or {}
        types = [*yaml.safe_load(UNTYPED), *(declared.get("types") or ())]
        self._declared = {each["name"]: each for each in types}
        self._named: dict[tuple[str, str], Shape] = {}

    def shape(self, reference: Any) -> Shape:
        """The shape that a reference to a type, or a type within, is of."""
        relationship = reference.get("elementRelationship") or ""
        name = reference.get("namedType")
        if name is None:
            return self._fill(Shape(), reference, relationship)
        found = self._named.get((name, relationship))
        if found is None:
            found = self._named[name, relationship] = Shape()
            self._fill(found, self._declared[name], relationship)
        return found

    def _fill(self, shape: Shape, declared: Any, relationship: str) -> Shape:
        if "scalar" in declared:
            shape.scalar = SCALARS.get(declared["scalar"])
        if (given := declared.get("list")) is not None:
            kind = relationship or given.get("elementRelationship") or "atomic"
            made = shape.list = ListShape(Shape())
            made.atomic = kind != "associative"
            made.keys = tuple(given.get("keys") or ())
            made.element = self.shape(given.get("elementType") or {})
            fields = self._fields(given.get("elementType") or {})
            made.defaults = {
                each["name"]: each["default"] for each in fields if each.get("default") is not None
            }
        if (given := declared.get("map")) is not None:
            kind = relationship or given.get("elementRelationship") or "separable"
            members = shape.map = MapShape(atomic=kind == "atomic")
            for each in given.get("fields") or ():
                members.fields[each["name"]] = self.shape(each.get("type") or {})
            if given.get("elementType"):
                members.element = self.shape(given["elementType"])
        return shape

    def _fields(self, reference: Any) -> list[Any]:
        declared = self._declared.get(reference.get("namedType"), reference)
        return (declared.get("map") or {}).get("fields") or []
