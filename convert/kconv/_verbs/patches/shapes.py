"""What a strategic merge needs to know of a value's schema: which lists merge, and by which key.

A value of no known shape (free-form, or a field that the type does not declare) merges like JSON:
objects by key, lists as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from kconv._schema import Type
from kconv.fields import Spec, spec_of
from kconv.fields._spec import AnyField, Structure


@dataclass(frozen=True, slots=True)
class Shape:
    """The field that a value is of; None where nothing is known."""

    field: AnyField | None = None
    schema: type[Type] | None = None

    @classmethod
    def of_type(cls, schema: type[Type]) -> Shape:
        """The shape of an object of a type."""
        return cls(None, schema)

    def child(self, name: str) -> Shape:
        """The shape of an object's or map's member."""
        if self.schema is not None:
            return _of_field(self.schema.instance().wire_fields().get(name))
        return self._elements("map")

    def element(self) -> Shape:
        """The shape of a list's elements."""
        return self._elements("list")

    def _elements(self, structure: Structure) -> Shape:
        spec = self._spec
        known = spec is not None and spec.structure == structure
        return _of_field(spec.element) if spec is not None and known else Shape()

    @property
    def _spec(self) -> Spec | None:
        return None if self.field is None else spec_of(self.field)

    @property
    def strategies(self) -> tuple[str, ...]:
        """The patch strategies that the field declares: merge, retainKeys, both or none."""
        declared = None if self._spec is None else self._spec.patch_strategy
        return tuple(part.strip() for part in (declared or "").split(",") if part)

    @property
    def merges(self) -> bool:
        """Whether two lists of this shape merge by element instead of replacing each other."""
        spec = self._spec
        return spec is not None and spec.structure == "list" and "merge" in self.strategies

    @property
    def merge_key(self) -> str:
        """What tells elements of a merging list apart; empty for a list of scalars."""
        return (self._spec and self._spec.merge_key) or ""


def _of_field(field: AnyField | None) -> Shape:
    return Shape(field, None if field is None else spec_of(field).object_type)
