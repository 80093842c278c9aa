"""`Engines`: the engine of the pipeline that asks, for each version, the engine that it is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kconv._paths import Finding, Path
from kconv._pipeline import Engine, NotSound, OneStep, ReadStep, WrittenStep
from kconv._pipeline.values import Checks, Value
from kconv._scheme import Spoke
from kconv._structural.engine import StructuralEngine, is_structural


class Engines:
    """An engine for declared versions, and `StructuralEngine` for structural ones."""

    def __init__(self, declared: Engine) -> None:
        self.declared = declared
        self.fallbacks = declared.fallbacks
        self.structural = StructuralEngine(declared.fallbacks)

    def of(self, spoke: Spoke) -> Engine:
        """The engine of a version."""
        return self.structural if is_structural(spoke) else self.declared

    def prepare(self, spoke: Spoke) -> None:
        """See `Engine`, as for all others."""
        self.of(spoke).prepare(spoke)

    def sound(self, spoke: Spoke, source: bytes | Value, *, checks: Checks, closed: bool) -> Any:
        """See `Engine`."""
        return self.of(spoke).sound(spoke, source, checks=checks, closed=closed)

    def written(self, spoke: Spoke, source: bytes | Value) -> Any:
        """See `Engine`."""
        return self.of(spoke).written(spoke, source)

    def written_step(self, spoke: Spoke, target: Spoke) -> WrittenStep | None:
        """See `Engine`."""
        return self.of(spoke).written_step(spoke, target)

    def one_step(self, spoke: Spoke, target: Spoke, checks: Checks) -> OneStep | None:
        """See `Engine`."""
        return self.of(spoke).one_step(spoke, target, checks)

    def read_step(self, spoke: Spoke, target: Spoke) -> ReadStep | None:
        """See `Engine`."""
        return self.of(spoke).read_step(spoke, target)

    def decode(self, spoke: Spoke, raw: Value) -> Value:
        """See `Engine`."""
        return self.of(spoke).decode(spoke, raw)

    def accepted(self, spoke: Spoke, value: Value, refused: NotSound) -> Any:
        """See `Engine`."""
        return self.of(spoke).accepted(spoke, value, refused)

    def check(self, spoke: Spoke, value: Any, checks: Checks) -> Iterable[Finding]:
        """See `Engine`."""
        return self.of(spoke).check(spoke, value, checks)

    def unknown(self, spoke: Spoke, raw: Value) -> Iterator[Path]:
        """See `Engine`."""
        return self.of(spoke).unknown(spoke, raw)

    def to_hub(self, spoke: Spoke, value: Any) -> Any:
        """See `Engine`."""
        return self.of(spoke).to_hub(spoke, value)

    def from_hub(self, spoke: Spoke, value: Any) -> Any:
        """See `Engine`."""
        return self.of(spoke).from_hub(spoke, value)

    def dump(self, spoke: Spoke, value: Any) -> Value:
        """See `Engine`."""
        return self.of(spoke).dump(spoke, value)

    def encode(self, spoke: Spoke, value: Any) -> bytes:
        """See `Engine`."""
        return self.of(spoke).encode(spoke, value)
