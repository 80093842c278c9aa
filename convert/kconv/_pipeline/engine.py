"""The seam between the pipeline and how a version is decoded, converted and encoded.

There are two engines. `kconv._pipeline.compiled.CompiledEngine` does the work, on one struct an
object from the bytes of a request to the bytes of a row. `kconv._pipeline.plain.PlainEngine` does
it with marshmallow and the rules as they are written: slow, and the definition of what is right.
It explains errors, is the oracle of the tests, and converts files that are too few to compile for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import msgspec

from kconv._paths import Finding, Path
from kconv._pipeline.fallback import Fallbacks
from kconv._pipeline.values import Checks, Value
from kconv._scheme import Spoke

OneStep = Callable[[bytes], bytes | None]
"""From the JSON of an object to its JSON in another version; None where something is not sound."""

WrittenStep = Callable[[msgspec.Raw, msgspec.Raw], bytes | None]
"""From the JSON of an object or a part of one, and of its metadata, to its JSON in another version.

The metadata stays as it is written. None where something is not sound, and where the conversion
changes labels or annotations.
"""

ReadStep = Callable[[bytes], Value | None]
"""From the JSON of an object to its document in another version; None as in `OneStep`."""


class WrongTypes(Exception):
    """Fields of a document that cannot be decoded; `kconv._pipeline` turns it into an error."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = findings


class NotSound(Exception):
    """An engine's `Engine.sound` does not take an object: the plain engine has to explain it.

    ``why`` is what it stumbled over; ``recorded`` says that it is on record as a fault already, or
    none at all.
    """

    def __init__(self, why: str = "", *, recorded: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.recorded = recorded


class Engine(Protocol):
    """What the pipeline asks of an implementation; every one gives the same answers."""

    fallbacks: Fallbacks
    """The objects that the plain engine had to decode though nothing was wrong with them."""

    def prepare(self, spoke: Spoke) -> None:
        """Build now what re-encoding stored objects of a spoke builds on first use."""

    def sound(self, spoke: Spoke, source: bytes | Value, *, checks: Checks, closed: bool) -> Any:
        """The native value of a sound object, given as JSON or as a document.

        Raises `NotSound` for whatever `decode`, `check` and `unknown` would find something wrong
        with (unknown fields if ``closed``).
        """

    def written(self, spoke: Spoke, source: bytes | Value) -> Any:
        """The native value of what is written in an object, which may be a part of one.

        Nothing is filled in and nothing required; kind and apiVersion are those of the spoke.
        Raises `NotSound` for what is no JSON, and `WrongTypes`.
        """

    def written_step(self, spoke: Spoke, target: Spoke) -> WrittenStep | None:
        """What converts what is written in one step, if there is such."""

    def one_step(self, spoke: Spoke, target: Spoke, checks: Checks) -> OneStep | None:
        """What converts bytes of a version to bytes of another in one step, if there is such."""

    def read_step(self, spoke: Spoke, target: Spoke) -> ReadStep | None:
        """What reads stored bytes of a version as another, or as the same, if there is such."""

    def decode(self, spoke: Spoke, raw: Value) -> Value:
        """The decoded value of a raw document. Raises `WrongTypes` with every such field."""

    def accepted(self, spoke: Spoke, value: Value, refused: NotSound) -> Any:
        """The native value of what `decode` and `check` accept though `sound` ``refused`` it."""

    def check(self, spoke: Spoke, value: Any, checks: Checks) -> Iterable[Finding]:
        """Every rule of the spoke's schema that a decoded value breaks, as far as is asked."""

    def unknown(self, spoke: Spoke, raw: Value) -> Iterator[Path]:
        """The path of every field of a raw document that the schema does not declare."""

    def to_hub(self, spoke: Spoke, value: Any) -> Any:
        """The hub's native value of a spoke's. Raises `ConversionError`."""

    def from_hub(self, spoke: Spoke, value: Any) -> Any:
        """The spoke's native value of a hub's. Raises `ConversionError`."""

    def dump(self, spoke: Spoke, value: Any) -> Value:
        """The JSON-shaped document of a native value, fields in the schema's order."""

    def encode(self, spoke: Spoke, value: Any) -> bytes:
        """The JSON of a native value, fields in the schema's order."""
