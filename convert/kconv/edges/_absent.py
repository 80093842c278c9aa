"""A value that a version means when it says nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import marshmallow

from kconv._paths import quote
from kconv.edges._declared_loss import Loss
from kconv.edges._plan import shape
from kconv.edges._rule import Rule, Value
from kconv.edges._steps import MISSING, get, put
from kconv.fields._spec import AnyField


class WhenAbsent(Rule):
    """A hub field that the spoke does not have: to the hub it goes as ``value``.

    ``lost`` says why other values may be dropped on the way to the spoke; without a reason use
    `Preserve`, which keeps them.
    """

    name = "when-absent"

    def __init__(self, hub: str, value: Any, *, lost: str) -> None:
        super().__init__((), (hub,))
        self.value = value
        self.lost = lost

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        if get(hub, self.hub[0]) is MISSING:
            put(hub, self.hub[0], copy.deepcopy(self.value))

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """The spoke has no such field."""

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        problems = [] if self.lost else [f"{self}: say why other values may be lost"]
        if "*" in self.hub[0]:
            problems.append(f"{self}: when-absent works on paths without [*]")
        return problems

    def misfits(self, spoke: Sequence[AnyField], hub: Sequence[AnyField]) -> list[str]:
        """A value that is none of the hub's field, or not in its canonical spelling."""
        shown = quote(self.value)
        if self.value is None:
            return [f"{self}: null is as good as absent; give a value"]
        try:
            decoded = hub[0].deserialize(self.value)
        except marshmallow.ValidationError:
            return [f"{self}: the field of the hub is {shape(hub[0])}, and {shown} is not"]
        if isinstance(decoded, str) and decoded != self.value:
            return [f"{self}: the hub writes {shown} as {quote(decoded)}; write it so too"]
        return []

    def losses(self) -> Iterator[Loss]:
        """Every other value than the one that absence means."""
        yield Loss(self.hub[0], "to spoke", reason=self.lost)
