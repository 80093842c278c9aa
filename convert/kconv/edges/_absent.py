"""A value that a version means when it says nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

import marshmallow

from kconv._differences import FILLED
from kconv._paths import quote
from kconv.edges._declared_loss import Loss
from kconv.edges._plan import field_at, shape
from kconv.edges._rule import Rule, Value
from kconv.edges._steps import EACH, MISSING, Steps, get, put
from kconv.fields._spec import AnyField

if TYPE_CHECKING:
    from kconv._schema import Type


class WhenAbsent(Rule):
    """What a version means when it says nothing about a field of the hub: ``value``.

    Where the version has the field, by its name or by another rule, this is the default that it
    lacks: the hub gets the value where the object that the field is in is there, and the version
    has it spelled out when the object comes back.

    Where it has no such field, the hub gets the value always. ``lost`` says why other values may
    be dropped on the way to the spoke; to keep them, use `Preserve` beside it.
    """

    name = "when-absent"
    only_absent = True

    def __init__(self, hub: str, value: Any, *, lost: str = "") -> None:
        super().__init__((), (hub,))
        self.value = value
        self.lost = lost
        self._carried = False
        """Whether the spoke has the field, or another rule has a place for it."""
        self._of_spoke: Steps | None = None
        """Where the spoke has it, if it is a field of its own."""

    def among(self, others: Sequence[Rule], spoke: type[Type]) -> Self:
        """The rule that knows whether the spoke has the field, and where."""
        rule = copy.copy(self)
        rule._carried, rule._of_spoke, rule.beside_name = False, None, False
        path = self.hub[0]
        claiming = [each for each in others if path in each.hub and not each.only_absent]
        claimed = any(path in each.spoke for each in others)
        if claiming:
            rule._carried = True
            rule._of_spoke = claiming[0].spoke[0] if claiming[0].carries else None
        elif not claimed and field_at(spoke, path) is not None:
            rule._carried = rule.beside_name = True
            rule._of_spoke = path
        return rule

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        self._fill_in(hub, self.hub[0])

    def _fill_in(self, value: Any, steps: Steps) -> None:
        if EACH in steps:
            at = steps.index(EACH)
            inner = get(value, steps[:at])
            elements = inner.values() if isinstance(inner, dict) else inner
            for each in elements if isinstance(inner, dict | list) else ():
                self._fill_in(each, steps[at + 1 :])
        elif self._has_place(value, steps) and get(value, steps) is MISSING:
            put(value, steps, copy.deepcopy(self.value))

    def _has_place(self, value: Any, steps: Steps) -> bool:
        if not isinstance(value, dict):
            return False
        return not self._of_spoke or isinstance(get(value, steps[:-1]), dict)

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Nothing: what is there goes over by name, or by another rule."""

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        problems = []
        if not self.lost and not self._carried:
            problems.append(f"{self}: say why other values may be lost")
        if self.hub[0][-1] == EACH:
            problems.append(f"{self}: when-absent needs a field behind the last [*]")
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
        """Every other value than the one that absence means, or the absence itself."""
        if self.lost:
            yield Loss(self.hub[0], "to spoke", reason=self.lost)
        if self._of_spoke:
            reason = f"it comes back as {quote(self.value)}, which its absence means"
            yield Loss((*self._of_spoke, FILLED), "to hub", reason=reason)
