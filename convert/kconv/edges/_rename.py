"""A field that has another name, or another place, in the other version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kconv.edges._plan import field_difference
from kconv.edges._rule import Rule, Value, same_elements
from kconv.edges._steps import MISSING, Steps, copied, format_steps, get, pairs, put
from kconv.fields import spec_of
from kconv.fields._spec import AnyField


class Rename(Rule):
    """``spoke`` and ``hub`` are the same field of the same shape, at any depth."""

    name = "rename"
    whole = True
    carries = True

    def __init__(self, spoke: str, hub: str) -> None:
        super().__init__((spoke,), (hub,))

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        move(spoke, self.spoke[0], hub, self.hub[0])

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Hub to spoke, see the class."""
        move(hub, self.hub[0], spoke, self.spoke[0])

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        return same_elements(self, self.spoke[0], self.hub[0])

    def misfits(self, spoke: Sequence[AnyField], hub: Sequence[AnyField]) -> list[str]:
        """Fields of different shapes, which are not the same field."""
        difference = field_difference(spoke[0], hub[0])
        if not difference:
            return self._values_lost(spoke[0], hub[0])
        return [f"{self}: the fields have different shapes ({difference}); use Functions"]

    def _values_lost(self, spoke: AnyField, hub: AnyField) -> list[str]:
        """Values of one enumeration that the other does not have."""
        one, other = spec_of(spoke).enum, spec_of(hub).enum
        if not one or not other:
            return []
        missing = [(value, self.hub[0]) for value in one if value not in other]
        missing += [(value, self.spoke[0]) for value in other if value not in one]
        return [
            f'{self}: {format_steps(path)} does not allow "{value}"; say what becomes of it with '
            "MapValues, or refuse it in Functions"
            for value, path in missing
        ]


def move(source: Any, source_steps: Steps, target: Any, target_steps: Steps) -> None:
    """Copy what is at one path to another, in every element that both sides have."""
    for one, steps, other, target_rest in pairs(source, source_steps, target, target_steps):
        found = get(one, steps)
        if found is not MISSING:
            put(other, target_rest, copied(found))
