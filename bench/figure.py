"""One measured figure, and how it is measured and printed."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROUNDS = 40
ROUND_SECONDS = 0.004

Work = Callable[[], object]

INSTALLED = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
"""The environment of a measured process: its files have their bytecode, as installed ones have."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value and what was promised of it.

    `budget` is what it may be at most, or at least if `least` (None: nothing is promised). `bound`
    is what the machine allows: the same figure of the least work that could do the job, measured
    in the same run (None: not known). All three are in `unit`.
    """

    name: str
    value: float
    unit: str
    budget: float | None = None
    bound: float | None = None
    least: bool = False

    @property
    def over(self) -> bool:
        """Whether the figure breaks its budget."""
        if self.budget is None:
            return False
        return self.value < self.budget if self.least else self.value > self.budget

    def __str__(self) -> str:
        sign = ">=" if self.least else "<="
        budget = "-" if self.budget is None else f"{sign}{self.budget:g}"
        bound = "-" if self.bound is None else f"{self.bound:.2f}"
        over = " over" if self.over else ""
        return f"{self.name} {self.value:.2f} {self.unit} {budget} {bound}{over}"


def best(works: Sequence[Work], rounds: int = ROUNDS) -> list[float]:
    """The seconds that one call of each takes, at best of several rounds.

    The rounds are interleaved, so that whatever else the machine does meets all of them alike.
    """
    calls = [_calls(work) for work in works]
    seconds = [float("inf")] * len(works)
    for _ in range(rounds):
        for index, (work, count) in enumerate(zip(works, calls, strict=True)):
            start = time.perf_counter()
            for _ in range(count):
                work()
            seconds[index] = min(seconds[index], (time.perf_counter() - start) / count)
    return seconds


def _calls(work: Work) -> int:
    work()
    start = time.perf_counter()
    work()
    return max(1, int(ROUND_SECONDS / (time.perf_counter() - start + 1e-9)))
