"""One measured figure, and how it is measured and printed."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 15
ROUND_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Figure:
    """A cost: less is better.

    `budget` is what it may cost (None: nothing is promised yet). `bound` is the least that the same
    work could cost, measured in the same run on the same machine (None: not known). All three are
    in `unit`.
    """

    name: str
    value: float
    unit: str
    budget: float | None = None
    bound: float | None = None

    @property
    def over(self) -> bool:
        """Whether the figure is above its budget."""
        return self.budget is not None and self.value > self.budget

    def __str__(self) -> str:
        rest = ("-" if number is None else f"{number:.1f}" for number in (self.budget, self.bound))
        return " ".join((self.name, f"{self.value:.1f}", self.unit, *rest))


def microseconds(work: Callable[[], object]) -> float:
    """Return what one call of `work` takes: the median of rounds, so that a pause counts little."""
    start = time.perf_counter()
    work()
    calls = max(1, int(ROUND_SECONDS / (time.perf_counter() - start + 1e-9)))
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        rounds.append((time.perf_counter() - start) / calls)
    return statistics.median(rounds) * 1e6
