"""A field that a version cannot carry over by itself, and what a rule says becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kconv.edges._steps import Steps, format_steps

Direction = Literal["to hub", "to spoke"]


@dataclass(frozen=True, slots=True)
class Loss:
    """A path of the source that the target has no field for.

    ``kept`` names what preserves it, which is an annotation or, in documents, a field, as
    ``kept_in`` says; where it is empty the value is dropped, and ``reason`` says why its author
    thinks that right.
    """

    path: Steps
    direction: Direction
    kept: str = ""
    reason: str = ""
    kept_in: str = "annotation"
    step: str = ""
    """Between which two versions it happens, where one converts by way of another."""

    def __str__(self) -> str:
        step = f" ({self.step})" if self.step else ""
        if self.kept:
            return f"{format_steps(self.path)}: kept in the {self.kept_in} {self.kept}{step}"
        return f"{format_steps(self.path)}: dropped: {self.reason}"
