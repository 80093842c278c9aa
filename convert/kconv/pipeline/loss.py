"""What an object really loses on the way to another version: found by going there and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kconv.differences import ABSENT, FILLED, ORDER, ZERO, differences
from kconv.edges import Loss
from kconv.paths import Path, format_path, quote
from kconv.pipeline.pipeline import Pipeline
from kconv.pipeline.values import Decoded
from kconv.scheme import Spoke
from kconv.scheme.ledger import losses_between


@dataclass(frozen=True, slots=True)
class Lost:
    """A value that does not come back: gone, or ``became`` another; ``reason`` as acknowledged."""

    path: Path
    value: Any
    became: Any = None
    reason: str = ""

    def __str__(self) -> str:
        what = f"{format_path(self.path)}: {quote(self.value)}"
        how = "would be lost" if self.became is None else f"would become {quote(self.became)}"
        return f"{what} {how}" + (f" ({self.reason})" if self.reason else "")


def lost(pipeline: Pipeline, decoded: Decoded, converted: Decoded) -> list[Lost]:
    """Every value of an object that its conversion, turned around, does not give back.

    What is only added, moved within a list, or says as little as its absence does is no loss.
    Raises `ConversionError` if there is no way back.
    """
    back = pipeline.from_hub(pipeline.to_hub(converted), decoded.spoke)
    declared = list(losses_between(decoded.spoke, converted.spoke))
    return [
        Lost(
            each.path,
            each.before,
            None if each.after is ABSENT else each.after,
            _reason(each.path, declared),
        )
        for each in differences(decoded.value, back.value)
        if each.before is not ABSENT and each.path[-1:] not in ((ORDER,), (FILLED,), (ZERO,))
    ]


def _reason(path: Path, declared: list[Loss]) -> str:
    steps = tuple("*" if isinstance(step, int) else step for step in path)
    for loss in declared:
        if loss.reason and steps[: len(loss.path)] == loss.path[: len(steps)]:
            return loss.reason
    return ""


def converts_to(pipeline: Pipeline, decoded: Decoded, target: Spoke) -> tuple[Decoded, list[Lost]]:
    """An object in another version, and what it loses on the way."""
    converted = pipeline.from_hub(pipeline.to_hub(decoded), target)
    if target is decoded.spoke:
        return converted, []
    return converted, lost(pipeline, decoded, converted)
