"""One string in a version that is several fields in the other: ``host:port``."""

from __future__ import annotations

from collections.abc import Sequence

from kconv.edges.rule import Rule, Value
from kconv.edges.steps import MISSING, get, put


class Split(Rule):
    """The spoke's string is the hub's strings, joined by ``separator``.

    The last field takes what is left, separators included. A part that is absent in the hub is
    empty in the spoke, and trailing empty parts are left out.
    """

    name = "split"

    def __init__(self, spoke: str, hub: Sequence[str], *, separator: str) -> None:
        super().__init__((spoke,), tuple(hub))
        self.separator = separator

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        found = get(spoke, self.spoke[0])
        if found is not MISSING:
            parts = str(found).split(self.separator, len(self.hub) - 1)
            for steps, part in zip(self.hub, parts, strict=False):
                if part:
                    put(hub, steps, part)

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Hub to spoke, see the class."""
        found = [get(hub, steps) for steps in self.hub]
        parts = ["" if part is MISSING else str(part) for part in found]
        while parts and not parts[-1]:
            parts.pop()
        if parts:
            put(spoke, self.spoke[0], self.separator.join(parts))

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        if any("*" in path for path in (*self.spoke, *self.hub)):
            return [f"{self}: split works on paths without [*]"]
        return []
