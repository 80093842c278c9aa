"""A single value in one version that is a list in the other."""

from __future__ import annotations

import copy

from kconv.edges.preserve import read_annotation, write_annotation
from kconv.edges.rule import Rule, Value
from kconv.edges.steps import MISSING, get, put


class Wrap(Rule):
    """The spoke's single value is the first of the hub's list.

    What the list holds beyond its first element is kept in ``annotation`` of the spoke.
    """

    name = "wrap"

    def __init__(self, spoke: str, hub: str, *, annotation: str) -> None:
        super().__init__((spoke,), (hub,))
        self.annotation = annotation

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        rest = read_annotation(hub, self.annotation)
        found = get(spoke, self.spoke[0])
        if found is not MISSING:
            tail = rest if isinstance(rest, list) else []
            put(hub, self.hub[0], [copy.deepcopy(found), *tail])

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Hub to spoke, see the class."""
        found = get(hub, self.hub[0])
        if isinstance(found, list) and found:
            put(spoke, self.spoke[0], copy.deepcopy(found[0]))
            if len(found) > 1:
                write_annotation(spoke, self.annotation, found[1:])

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        if any("*" in path for path in (*self.spoke, *self.hub)):
            return [f"{self}: wrap works on paths without [*]"]
        return []
