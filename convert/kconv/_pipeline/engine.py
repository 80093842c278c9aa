"""The seam between the pipeline and how a version is decoded, converted and encoded.

`PlainEngine` does it with marshmallow and the rules as they are written: slow, and the
definition of what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import marshmallow

from kconv import _plain_conversion as hub
from kconv._codec import json as json_codec
from kconv._errors import TooLarge
from kconv._paths import Finding, Path
from kconv._pipeline.values import Checks, Value
from kconv._scheme import Spoke
from kconv.fields._base import findings_of

Way = Callable[[bytes], bytes | None]
"""From the JSON of an object to its JSON in another version; None where something is not sound."""


class WrongTypes(Exception):
    """Fields of a document that cannot be decoded; `kconv._pipeline` turns it into an error."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = findings


class Engine(Protocol):
    """What the pipeline asks of an implementation; every one gives the same answers."""

    def prepare(self, spoke: Spoke) -> None:
        """Build now what re-encoding stored objects of a spoke builds on first use."""

    def sound(self, spoke: Spoke, source: bytes | Value, *, checks: Checks, closed: bool) -> Any:
        """The native value of a sound object, given as JSON or as a document.

        None where `decode`, `check` and `unknown` have to look: always allowed, and needed for
        whatever they would find something wrong with (unknown fields if ``closed``).
        """

    def way(self, spoke: Spoke, target: Spoke, checks: Checks) -> Way | None:
        """What converts a version to another at a go; None where the engine has no such thing."""

    def decode(self, spoke: Spoke, raw: Value) -> Value:
        """The decoded value of a raw document. Raises `WrongTypes` with every such field."""

    def check(self, spoke: Spoke, value: Any, checks: Checks) -> Iterable[Finding]:
        """Every rule of the spoke's schema that a decoded value breaks, as far as is asked."""

    def unknown(self, spoke: Spoke, raw: Value) -> Iterator[Path]:
        """The path of every field of a raw document that the schema does not declare."""

    def to_hub(self, spoke: Spoke, value: Any) -> Any:
        """The hub's native value of a spoke's."""

    def from_hub(self, spoke: Spoke, value: Any) -> Any:
        """The spoke's native value of a hub's."""

    def dump(self, spoke: Spoke, value: Any) -> Value:
        """The JSON-shaped document of a native value, fields in the schema's order."""

    def encode(self, spoke: Spoke, value: Any) -> bytes:
        """The JSON of a native value, fields in the schema's order."""


class PlainEngine:
    """marshmallow schemas, and rules applied one after the other; native values are dicts."""

    def prepare(self, spoke: Spoke) -> None:
        """There is nothing to build."""

    def sound(self, spoke: Spoke, source: bytes | Value, *, checks: Checks, closed: bool) -> Any:
        """There is no short cut."""
        return None

    def way(self, spoke: Spoke, target: Spoke, checks: Checks) -> Way | None:
        """There is no short cut."""
        return None

    def decode(self, spoke: Spoke, raw: Value) -> Value:
        """Types, null as absent, canonical spelling and defaults, by the marshmallow schema."""
        try:
            value: Any = spoke.schema.instance().load(raw)
        except marshmallow.ValidationError as error:
            raise WrongTypes(list(findings_of(error.messages))) from None
        except RecursionError:
            raise TooLarge(
                "the document nests too deep: objects of types that hold themselves can be "
                "followed less deep than others"
            ) from None
        return {"apiVersion": spoke.api_version, "kind": spoke.options.kind, **value}

    def check(self, spoke: Spoke, value: Any, checks: Checks) -> Iterable[Finding]:
        """The fields' own rules, then those that groups add, each if asked for."""
        schema = spoke.schema.instance()
        if checks == "types":
            return ()
        return schema.check_fields(value) if checks == "fields" else schema.check(value)

    def unknown(self, spoke: Spoke, raw: Value) -> Iterator[Path]:
        """A walk over the document along the schema."""
        return spoke.schema.instance().unknown_fields(raw)

    def to_hub(self, spoke: Spoke, value: Any) -> Any:
        """The plan, then the rules."""
        return hub.to_hub(spoke, value)

    def from_hub(self, spoke: Spoke, value: Any) -> Any:
        """The plan, then the rules, backwards."""
        return hub.from_hub(spoke, value)

    def dump(self, spoke: Spoke, value: Any) -> Value:
        """The dump of the marshmallow schema."""
        dumped: Value = spoke.schema.instance().dump(value)
        return dumped

    def encode(self, spoke: Spoke, value: Any) -> bytes:
        """The JSON of the dump."""
        return json_codec.encode(self.dump(spoke, value))
