"""A pair of functions, for what no other rule can say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kconv.edges.rule import Rule, Value

Convert = Callable[[Value, Value], None]


class Functions(Rule):
    """``to_hub(spoke, hub)`` and ``to_spoke(hub, spoke)`` convert the fields that they claim.

    Each reads its first argument, which it must not change, and writes to the second.
    """

    name = "functions"

    def __init__(
        self,
        *,
        spoke: Sequence[str] = (),
        hub: Sequence[str] = (),
        to_hub: Convert | None,
        to_spoke: Convert | None,
    ) -> None:
        super().__init__(tuple(spoke), tuple(hub))
        self.forward = to_hub
        self.backward = to_spoke

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        if self.forward is not None:
            self.forward(spoke, hub)

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Hub to spoke, see the class."""
        if self.backward is not None:
            self.backward(hub, spoke)

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        problems = []
        if self.forward is None:
            problems.append(f"{self}: the direction to the hub is missing")
        if self.backward is None:
            problems.append(f"{self}: the direction to the spoke is missing")
        return problems
