"""What a strategic merge needs to know of a value's schema: which lists merge, and by which key.

A value of no known shape (free-form, or a field that the type does not declare) merges like JSON:
objects by key, lists as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kconv._schema import Type
from kconv.fields import List, Map, Object


@dataclass(frozen=True, slots=True)
class Shape:
    """The field that a value is of; None where nothing is known."""

    field: Any = None
    schema: type[Type] | None = None

    @classmethod
    def of_type(cls, schema: type[Type]) -> Shape:
        """The shape of an object of a type."""
        return cls(None, schema)

    def child(self, name: str) -> Shape:
        """The shape of an object's or map's member."""
        if self.schema is not None:
            return _of_field(self.schema.instance().wire_fields().get(name))
        if isinstance(self.field, Map):
            return _of_field(self.field.inner)
        return Shape()

    def element(self) -> Shape:
        """The shape of a list's elements."""
        return _of_field(self.field.inner) if isinstance(self.field, List) else Shape()

    @property
    def strategies(self) -> tuple[str, ...]:
        """The patch strategies that the field declares: merge, retainKeys, both or none."""
        declared = getattr(self.field, "patch_strategy", None) or ""
        return tuple(part.strip() for part in declared.split(",") if part)

    @property
    def merges(self) -> bool:
        """Whether two lists of this shape merge by element instead of replacing each other."""
        return isinstance(self.field, List) and "merge" in self.strategies

    @property
    def merge_key(self) -> str:
        """What tells elements of a merging list apart; empty for a list of scalars."""
        return (self.field.merge_key or "") if isinstance(self.field, List) else ""


def _of_field(field: Any) -> Shape:
    if isinstance(field, Object):
        return Shape(field, field.type)
    return Shape(field)
