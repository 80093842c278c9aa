"""What an object really loses on the way to another version: found by going there and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kconv._differences import ABSENT, FILLED, ORDER, ZERO, Difference, differences, is_zero
from kconv._paths import Path, format_path, quote
from kconv._pipeline.pipeline import Pipeline
from kconv._pipeline.values import Decoded
from kconv._scheme import Spoke
from kconv._scheme.ledger import losses_between
from kconv.edges import Loss
from kconv.edges._steps import EACH


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
    """Every value of a decoded object that its conversion, turned around, does not give back.

    Both ways count only for what is written of them, and as a reader sees it, with the defaults
    of the version: what comes back by a default is no loss, and a zero that a default takes the
    place of is one. What is only added, or moved within a list, is none, nor is a zero that comes
    back absent where a rule says that so much is lost.

    Raises `ConversionError` if there is no way back, and what `Pipeline.load` raises if what the
    conversion makes cannot be read.
    """
    there = _as_read(pipeline, converted)
    back = _as_read(pipeline, pipeline.from_hub(pipeline.to_hub(there), decoded.spoke))
    declared = list(losses_between(decoded.spoke, converted.spoke))
    found: list[Lost] = []
    for each in differences(decoded.value, back.value):
        if each.before is ABSENT or each.path[-1] == ORDER or each.path == _NO_ANNOTATIONS:
            continue
        loss = next((loss for loss in declared if _declares(loss, each)), None)
        if loss is None or loss.path[-1] != ZERO or each.path[-1] != ZERO:
            became = None if each.after is ABSENT else each.after
            found.append(Lost(each.field, each.before, became, loss.reason if loss else ""))
    return found


_ANNOTATIONS = ("metadata", "annotations")
_NO_ANNOTATIONS = (*_ANNOTATIONS, ZERO)
"""Empty annotations, which go with those that rules keep fields in."""


def _as_read(pipeline: Pipeline, decoded: Decoded) -> Decoded:
    """What a reader of its version makes of an object once it is written."""
    return pipeline.load(pipeline.dump(decoded), spoke=decoded.spoke, trusted=True)


def _declares(loss: Loss, difference: Difference) -> bool:
    """Whether a rule gives a reason for a value that does not come back."""
    steps, path = loss.path, difference.field
    if steps[-1] in (ORDER, FILLED):
        return False
    if steps[-1] == ZERO:
        steps = steps[:-1]
        if len(path) < len(steps) or not is_zero(difference.before):
            return False
    alike = (step in (EACH, at) for step, at in zip(steps, path, strict=False))
    return bool(loss.reason) and all(alike)


def converts_to(pipeline: Pipeline, decoded: Decoded, target: Spoke) -> tuple[Decoded, list[Lost]]:
    """An object in another version, and what it loses on the way.

    In its own version it loses nothing: it goes through the hub, as Kubernetes has it, unless that
    would take a field from it.
    """
    converted = pipeline.from_hub(pipeline.to_hub(decoded), target)
    if target is not decoded.spoke:
        return converted, lost(pipeline, decoded, converted)
    taken = any(
        each.after is ABSENT and each.before is not ABSENT and each.path[:2] != _ANNOTATIONS
        for each in differences(decoded.value, _as_read(pipeline, converted).value)
    )
    return (decoded if taken else converted), []
