"""A field whose values are spelled differently in the other version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kconv.edges._plan import shape
from kconv.edges._steps import format_steps
from kconv.edges._value import ValueRule
from kconv.fields import spec_of
from kconv.fields._spec import AnyField


class MapValues(ValueRule):
    """``values`` maps the spoke's values to the hub's, one to one; others stay as they are."""

    name = "map-values"

    def __init__(self, spoke: str, hub: str, values: Mapping[str, str]) -> None:
        super().__init__(spoke, hub)
        self.values = dict(values)
        self.reverse = {hub_value: value for value, hub_value in self.values.items()}

    def forward(self, value: Any) -> Any:
        """Spoke to hub, see the class."""
        return self.values.get(value, value)

    def backward(self, value: Any) -> Any:
        """Hub to spoke, see the class."""
        return self.reverse.get(value, value)

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        problems = super().problems()
        if len(self.reverse) != len(self.values):
            problems.append(f"{self}: two values of the spoke map to one of the hub")
        for value in self.reverse.keys() & self.values.keys():
            if self.values[value] != value and self.reverse[value] != self.values[value]:
                problems.append(f'{self}: "{value}" means different things on the two sides')
        return problems

    def misfits(self, spoke: Sequence[AnyField], hub: Sequence[AnyField]) -> list[str]:
        """Fields that are no strings, and values of an enumeration that the other has none for."""
        one, other = spec_of(spoke[0]), spec_of(hub[0])
        if not one.any_text or not other.any_text:
            found = f"{shape(spoke[0])} and {shape(hub[0])}"
            return [f"{self}: maps strings, and the fields are {found}; use Functions"]
        if not one.enum or not other.enum:
            return []
        missing = [(v, self.values.get(v, v), self.hub[0], other.enum) for v in one.enum]
        missing += [(v, self.reverse.get(v, v), self.spoke[0], one.enum) for v in other.enum]
        return [
            f'{self}: "{value}" becomes "{becomes}", which {format_steps(path)} does not allow; '
            "map it to a value that it allows, or refuse it in Functions"
            for value, becomes, path, allowed in missing
            if becomes not in allowed
        ]
