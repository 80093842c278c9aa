"""Hub fields that an older version cannot hold, kept in a place within the older object."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, Self, TypeGuard

from kconv._schema import Type
from kconv.edges._absent import WhenAbsent
from kconv.edges._annotation import Annotation
from kconv.edges._declared_loss import Loss
from kconv.edges._kept import Kept
from kconv.edges._kept_place import KeptPlace, kept_place
from kconv.edges._rule import EACH_BY_FUNCTIONS, Rule, Value
from kconv.edges._steps import EACH, MISSING, Steps, equal, format_steps, get, put

PRESERVED = "kconv.dev/preserved-fields"
"""The annotation that keeps fields, unless a rule names another."""


class Preserve(Rule):
    """``hub`` has no counterpart in the spoke; its value travels in an annotation.

    The annotation holds a JSON object of values by path, and only of those that are set. It is
    gone from the hub once it was read. Anybody can write it, so a value in it that is none of the
    hub's field, or breaks the field's own rules, is ignored. What the object says by itself wins
    over what was kept: a value for the field, and the absence of the object that the field is in.

    A document has no annotations: there it is the field that the hub names (``kept`` of its
    ``Meta``).

    Where a `WhenAbsent` beside it says what the absence of the field means, that value is not kept:
    it comes back without.
    """

    name = "preserve"
    whole = True

    def __init__(self, hub: str, *, annotation: str = PRESERVED) -> None:
        super().__init__((), (hub,))
        self.annotation = annotation
        self.key = format_steps(self.hub[0])
        self._kept: Kept | None = None
        self._place: KeptPlace = Annotation(annotation)
        self._meant: Any = MISSING

    def among(self, others: Sequence[Rule], spoke: type[Type]) -> Self:
        """The rule that knows what the absence of its field means."""
        meant = [each.value for each in others if _fills_in(each, self.hub)]
        rule = copy.copy(self)
        rule._meant = meant[0] if meant else MISSING
        return rule

    def bound(self, hub: type[Type]) -> Self:
        """The rule that looks at what is kept by the type of the hub's field."""
        rule = copy.copy(self)
        rule._kept = Kept.at(hub, self.hub[0])
        rule._place = kept_place(hub, self.annotation)
        return rule

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Take the value out of the place that kept it."""
        kept = self._place.take(hub, self.key)
        if kept is MISSING or not isinstance(get(hub, self.hub[0][:-1]), dict):
            return
        if get(hub, self.hub[0]) is MISSING:
            found = self._kept.decode(kept) if self._kept else kept
            if found is not MISSING:
                put(hub, self.hub[0], found)

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Keep the value; what was kept of this field before is gone."""
        self._place.take(spoke, self.key)
        found = get(hub, self.hub[0])
        if found is not MISSING and not equal(found, self._meant):
            self._place.keep(spoke, self.key, found)

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        if EACH in self.hub[0]:
            return [f"{self}: preserve works on paths without [*]; {EACH_BY_FUNCTIONS}"]
        return []

    def losses(self) -> Iterator[Loss]:
        """The field, which is kept."""
        yield Loss(self.hub[0], "to spoke", kept=self._place.name, kept_in=self._place.what)


def _fills_in(rule: Rule, hub: tuple[Steps, ...]) -> TypeGuard[WhenAbsent]:
    return isinstance(rule, WhenAbsent) and rule.hub == hub
