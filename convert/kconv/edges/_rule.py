"""`Rule`: how fields that do not convert by themselves do, as data with a reverse."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from kconv._paths import several
from kconv.edges._declared_loss import Loss
from kconv.edges._steps import EACH, Steps, format_steps, parse_steps
from kconv.fields._spec import AnyField

if TYPE_CHECKING:
    from kconv._schema import Type

Value = dict[str, Any]

EACH_BY_FUNCTIONS = "convert what is in each element by Functions that claim the whole list"
"""The way on for a field in elements, where a rule does not go into them."""


class Rule(ABC):
    """One rule of an edge.

    It claims paths on the side of the spoke and on that of the hub; claimed fields are left to
    the rule alone. `to_hub` and `to_spoke` read the source, which they never change, and write
    to the target, where everything of the same name and shape already is.
    """

    name: ClassVar[str]
    """What the rule is called in listings and lock files."""
    whole: ClassVar[bool] = False
    """Whether it writes all of a field that it claims, whatever another rule wrote within it."""
    only_absent: ClassVar[bool] = False
    """Whether it changes no value that is there, so that other rules may claim the same field."""
    carries: ClassVar[bool] = False
    """Whether its one field of the spoke and its one field of the hub are the same field."""
    beside_name: bool = False
    """Whether what it claims converts by its name anyway, as far as the rule leaves it."""

    def __init__(self, spoke: str | Iterable[str], hub: str | Iterable[str]) -> None:
        self.spoke: tuple[Steps, ...] = tuple(parse_steps(path) for path in several(spoke))
        self.hub: tuple[Steps, ...] = tuple(parse_steps(path) for path in several(hub))

    @abstractmethod
    def to_hub(self, spoke: Value, hub: Value) -> None:
        """Write to the hub's value what the spoke's says."""

    @abstractmethod
    def to_spoke(self, hub: Value, spoke: Value) -> None:
        """Write to the spoke's value what the hub's says."""

    def bound(self, hub: type[Type]) -> Self:
        """The rule as it works with a hub: itself, unless it looks at the types of hub fields.

        `Scheme.freeze` asks; a rule may be in the edges of several kinds.
        """
        return self

    def among(self, others: Sequence[Rule], spoke: type[Type]) -> Self:
        """The rule as it works beside all rules of an edge: itself, unless it depends on them.

        `Scheme.freeze` asks.
        """
        return self

    def problems(self) -> list[str]:
        """What is wrong with the rule itself, for `Scheme.freeze` to refuse."""
        return []

    def misfits(self, spoke: Sequence[AnyField], hub: Sequence[AnyField]) -> list[str]:
        """What `Scheme.freeze` refuses about the fields at the rule's paths, which are in order."""
        return []

    def losses(self) -> Iterator[Loss]:
        """What the rule does not carry over by itself: kept in an annotation, or dropped."""
        return iter(())

    def describe(self) -> str:
        """The rule in one line, for people and lock files."""
        sides = [", ".join(format_steps(path) for path in side) for side in (self.spoke, self.hub)]
        return f"{self.name}({' <-> '.join(side or 'nothing' for side in sides)})"

    def __repr__(self) -> str:
        return self.describe()


def same_elements(rule: Rule, one: Steps, other: Steps) -> list[str]:
    """The problem of a rule whose two paths do not go into fields of as many elements."""
    if one.count(EACH) != other.count(EACH):
        return [f"{rule}: both paths need as many [*]"]
    if EACH in (one[-1], other[-1]):
        return [f"{rule}: both paths need a field behind the last [*]; or use Functions"]
    return []
