"""A pair of functions, for what no other rule can say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from kconv._errors import ConversionError
from kconv.edges._declared_loss import Direction, Loss
from kconv.edges._rule import Rule, Value
from kconv.edges._steps import Steps, parse_steps

Convert = Callable[[Value, Value], None]


class Functions(Rule):
    """``to_hub(spoke, hub)`` and ``to_spoke(hub, spoke)`` convert the fields that they claim.

    Each reads its first argument and writes to the second. ``spoke`` and ``hub`` take one path
    or several.
    ``kept`` are hub fields that the spoke holds only in annotations, by path: which; ``lost`` are
    fields (of the hub, or behind ``spoke:`` of the spoke) that are dropped, by path: why.
    ``refused`` are fields, written likewise, some values of which the function that reads them
    refuses, by path: why. It raises `kconv.ConversionError` for an object with such a value, which
    then is not converted; the tests of `kconv.testing` take that for no fault.

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
        refused: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(spoke, hub)
        self.forward = to_hub
        self.backward = to_spoke
        self.kept = dict(kept or {})
        self.lost = dict(lost or {})
        self.refused = dict(refused or {})

    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Spoke to hub, see the class."""
        if self.forward is not None:
            with self._refusing("to hub"):
                self.forward(spoke, hub)

    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Hub to spoke, see the class."""
        if self.backward is not None:
            with self._refusing("to spoke"):
                self.backward(hub, spoke)

    @contextmanager
    def _refusing(self, direction: Direction) -> Iterator[None]:
        """Around a function: marks what it raises if its author has said that it refuses."""
        try:
            yield
        except ConversionError as error:
            error.announced = any(_side(path)[0] == direction for path in self.refused)
            raise

    def problems(self) -> list[str]:
        """What `Scheme.freeze` refuses about the rule."""
        problems = []
        if self.forward is None:
            problems.append(f"{self}: the direction to the hub is missing")
        if self.backward is None:
            problems.append(f"{self}: the direction to the spoke is missing")
        problems += [
            f"{self}: say why {path} may be {what}"
            for what, paths in (("lost", self.lost), ("refused", self.refused))
            for path, why in paths.items()
            if not why
        ]
        problems += [
            f"{self}: {path} is refused, but not converted by it: name it in spoke= or hub="
            for path in self.refused
            if not self._claims(*_side(path))
        ]
        return problems

    def losses(self) -> Iterator[Loss]:
        """What its author says of it; `kconv.testing` holds the functions to that."""
        for path, annotation in self.kept.items():
            yield Loss(parse_steps(path), "to spoke", kept=annotation)
        for path, reason in self.lost.items():
            direction, steps = _side(path)
            yield Loss(steps, direction, reason=reason)

    def _claims(self, direction: Direction, steps: Steps) -> bool:
        claimed = self.spoke if direction == "to hub" else self.hub
        return any(path == steps[: len(path)] for path in claimed)


def _side(path: str) -> tuple[Direction, Steps]:
    """The direction in which a path of ``lost`` or ``refused`` is read, and its steps."""
    side, _, rest = path.rpartition(":")
    return "to hub" if side == "spoke" else "to spoke", parse_steps(rest)
