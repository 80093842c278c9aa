"""A single value in one version that is a list in the other."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, Self

from kconv._differences import ZERO
from kconv._schema import Type
from kconv.edges._annotation import Annotation
from kconv.edges._declared_loss import Loss
from kconv.edges._kept import Kept
from kconv.edges._kept_place import KeptField, KeptPlace, kept_place
from kconv.edges._plan import field_difference, shape
from kconv.edges._preserve import PRESERVED
from kconv.edges._rule import EACH_BY_FUNCTIONS, Rule, Value
from kconv.edges._steps import EACH, MISSING, copied, format_steps, get, put
from kconv.fields import spec_of
from kconv.fields._spec import AnyField


class Wrap(Rule):
    """The spoke's single value is the first of the hub's list.

    What the list holds beyond its first element is kept in ``annotation`` of the spoke (in the
    field of a document that its hub names, see `kconv.edges.Preserve`); what that holds is ignored
    unless it makes a sound list with the first.
    """

    name = "wrap"
    whole = True

    def __init__(self, spoke: str, hub: str, *, annotation: str = PRESERVED) -> None:
        super().__init__((spoke,), (hub,))
        self.annotation = annotation
        self.key = f"{format_steps(self.hub[0])}[1:]"
        self._kept: Kept | None = None
        self._place: KeptPlace = Annotation(annotation)

    def bound(self, hub: type[Type]) -> Self:
        """The rule that looks at what is kept by the type of the hub's list."""
        rule = copy.copy(self)
        rule._kept = Kept.at(hub, self.hub[0])
        rule._place = kept_place(hub, self.annotation)
        return rule

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """The value, and behind it what was kept."""
        rest = self._place.take(hub, self.key)
        found = get(spoke, self.spoke[0])
        if found is None:
            put(hub, self.hub[0], None)
        elif found is not MISSING:
            put(hub, self.hub[0], [copied(found), *self._tail(found, rest)])
        elif rest == []:
            put(hub, self.hub[0], [])

    def _tail(self, first: Any, rest: Any) -> list[Any]:
        if not isinstance(rest, list) or not rest:
            return []
        whole = [first, *rest]
        sound = self._kept.decode(whole) if self._kept else whole
        return [] if sound is MISSING else list(sound[1:])

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """The first element; the others are kept."""
        self._place.take(spoke, self.key)
        found = get(hub, self.hub[0])
        if found is None:
            put(spoke, self.spoke[0], None)
        elif isinstance(found, list) and found:
            put(spoke, self.spoke[0], copied(found[0]))
            if len(found) > 1:
                self._place.keep(spoke, self.key, found[1:])
        elif found == [] and isinstance(self._place, KeptField):
            # An empty list equals none in the Kubernetes API.
            self._place.keep(spoke, self.key, [])

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        if any(EACH in path for path in (*self.spoke, *self.hub)):
            return [f"{self}: wrap works on paths without [*]; {EACH_BY_FUNCTIONS}"]
        return []

    def misfits(self, spoke: Sequence[AnyField], hub: Sequence[AnyField]) -> list[str]:
        """A hub field that is no list of what the spoke's is."""
        wrapped = spec_of(hub[0])
        if wrapped.structure != "list" or wrapped.element is None:
            return [f"{self}: the field of the hub is no list but {shape(hub[0])}"]
        difference = field_difference(spoke[0], wrapped.element)
        if not difference:
            return []
        return [f"{self}: the list holds values of another shape ({difference}); use Functions"]

    def losses(self) -> Iterator[Loss]:
        """All elements but the first, which are kept; and that an empty list is there at all."""
        yield Loss(self.hub[0], "to spoke", kept=self._place.name, kept_in=self._place.what)
        if isinstance(self._place, Annotation):
            yield Loss((*self.hub[0], ZERO), "to spoke", reason="an empty list is as good as none")
