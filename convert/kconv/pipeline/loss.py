"""What an object really loses on the way to another version: found by going there and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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

    The order of a list's elements is not counted as a loss, nor is an empty object, list or
    string that comes back as absent. Raises `ConversionError` if there is no way back.
    """
    back = pipeline.from_hub(pipeline.to_hub(converted), decoded.spoke)
    declared = list(losses_between(decoded.spoke, converted.spoke))
    return [
        Lost(path, value, became, _reason(path, declared))
        for path, value, became in _missing(decoded.value, back.value, ())
    ]


def _missing(before: Any, after: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from _missing(value, after[key], (*path, key))
            elif value not in ({}, [], "", None):
                yield (*path, key), value, None
    elif isinstance(before, list) and isinstance(after, list):
        yield from _missing_elements(before, after, path)
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        yield path, before, after


def _missing_elements(
    before: list[Any], after: list[Any], path: Path
) -> Iterator[tuple[Path, Any, Any]]:
    rest = list(after)
    unmatched = []
    for index, value in enumerate(before):
        if value in rest:
            rest.remove(value)
        else:
            unmatched.append((index, value))
    for index, value in unmatched:
        if len(before) == len(after):
            yield from _missing(value, after[index], (*path, index))
        else:
            yield (*path, index), value, None


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
