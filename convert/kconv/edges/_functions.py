"""A pair of functions, for what no other rule can say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from kconv.edges._declared_loss import Direction, Loss
from kconv.edges._rule import Rule, Value
from kconv.edges._steps import parse_steps

Convert = Callable[[Value, Value], None]


class Functions(Rule):
    """``to_hub(spoke, hub)`` and ``to_spoke(hub, spoke)`` convert the fields that they claim.

    Each reads its first argument and writes to the second. ``spoke`` and ``hub`` take one path
    or several.
    ``kept`` are hub fields that the spoke holds only in annotations, by path: which; ``lost`` are
    fields (of the hub, or behind ``spoke:`` of the spoke) that are dropped, by path: why.

    Both are dicts that belong to the edge's rules, so that a function which changes the first
    changes no object. What they make is brought to its canonical spelling; a value of a wrong type
    is a `ConversionError`.
    """

    name = "functions"

    def __init__(
        self,
        *,
        spoke: str | Iterable[str] = (),
        hub: str | Iterable[str] = (),
        to_hub: Convert | None,
        to_spoke: Convert | None,
        kept: Mapping[str, str] | None = None,
        lost: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(spoke, hub)
        self.forward = to_hub
        self.backward = to_spoke
        self.kept = dict(kept or {})
        self.lost = dict(lost or {})

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
        problems += [
            f"{self}: say why {path} may be lost" for path, why in self.lost.items() if not why
        ]
        return problems

    def losses(self) -> Iterator[Loss]:
        """What its author says of it; `kconv.testing` holds the functions to that."""
        for path, annotation in self.kept.items():
            yield Loss(parse_steps(path), "to spoke", kept=annotation)
        for path, reason in self.lost.items():
            side, _, rest = path.rpartition(":")
            direction: Direction = "to hub" if side == "spoke" else "to spoke"
            yield Loss(parse_steps(rest), direction, reason=reason)
