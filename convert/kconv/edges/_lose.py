"""A field that one side does not have, and that its author decided to drop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kconv.edges._declared_loss import Loss
from kconv.edges._rule import Rule, Value


class Lose(Rule):
    """An acknowledged loss: ``spoke`` or ``hub`` fields that the other side cannot hold.

    Each takes one path or several. ``reason`` is for those who lose them; it is shown before
    anything is written.
    """

    name = "lose"
    only_absent = True

    def __init__(
        self, *, spoke: str | Iterable[str] = (), hub: str | Iterable[str] = (), reason: str
    ) -> None:
        super().__init__(spoke, hub)
        self.reason = reason

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Nothing goes over."""

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Nothing goes over."""

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        problems = [] if self.reason else [f"{self}: say why the loss is right"]
        if not self.spoke and not self.hub:
            problems.append("lose: name the fields of the spoke or the hub that are lost")
        return problems

    def losses(self) -> Iterator[Loss]:
        """The fields, on whichever side they are."""
        for path in self.spoke:
            yield Loss(path, "to hub", reason=self.reason)
        for path in self.hub:
            yield Loss(path, "to spoke", reason=self.reason)
