"""`CompiledEngine`: the pipeline's work on msgspec structs and generated functions.

It takes what is well-formed, valid and of fields that the compiler knows, which is nearly
everything; the rest it leaves to the plain engine, whose answers are the right ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from kconv.compile import (
    Slow,
    Struct,
    Types,
    by_struct,
    checker,
    compile_conversion,
    finisher,
    shallow,
    without_nulls,
)
from kconv.errors import TooLarge
from kconv.hub import converting
from kconv.pipeline.engine import PlainEngine
from kconv.pipeline.values import Value, as_dict
from kconv.scheme import Spoke

_encode = msgspec.json.Encoder().encode


class CompiledSpoke:
    """What is compiled of a spoke; each part when it is first needed."""

    def __init__(self, spoke: Spoke, types: Mapping[tuple[bool, bool], Types]) -> None:
        self.spoke = spoke
        self._types = types
        self._decoders: dict[tuple[bool, bool], Callable[[bytes], Any]] = {}
        self.sources: dict[str, str] = {}
        self.finish: Callable[[Any], None] = self._lazy_finish
        self.check: Callable[[Any], None] = self._lazy_check
        self.to_hub: Callable[[Any], Any] = self._lazy_to_hub
        self.from_hub: Callable[[Any], Any] = self._lazy_from_hub

    def decoder(self, *, trusted: bool, closed: bool) -> Callable[[bytes], Any]:
        """Decodes bytes to a struct.

        Without the fields' own rules for ``trusted`` objects; ``closed`` refuses unknown fields.
        """
        found = self._decoders.get((trusted, closed))
        if found is None:
            struct = self.struct(trusted=trusted, closed=closed)
            found = self._decoders[trusted, closed] = msgspec.json.Decoder(struct).decode
        return found

    def struct(self, *, trusted: bool = True, closed: bool = False) -> type[Struct]:
        """The struct of the spoke's schema."""
        return self._types[trusted, closed].struct(self.spoke.schema)

    def _lazy_finish(self, value: Any) -> None:
        function, self.sources["finish"] = finisher(self.spoke.schema)
        self.finish = function or _nothing
        self.finish(value)

    def _lazy_check(self, value: Any) -> None:
        function, self.sources["check"] = checker(self.spoke.schema)
        self.check = function or _nothing
        self.check(value)

    def _lazy_to_hub(self, value: Any) -> Any:
        spoke = self.spoke
        if by_struct(spoke.rules):
            renames = [(rule.spoke[0], rule.hub[0]) for rule in spoke.rules]
            self.to_hub, self.sources["to hub"] = compile_conversion(
                spoke.schema, spoke.kind.hub, spoke.forward, self._types[True, False],
                constants={}, renames=renames,
            )  # fmt: skip
        else:
            self.to_hub = self._dict_to_hub
        return self.to_hub(value)

    def _lazy_from_hub(self, value: Any) -> Any:
        spoke = self.spoke
        if by_struct(spoke.rules):
            renames = [(rule.hub[0], rule.spoke[0]) for rule in spoke.rules]
            constants = {"kind": spoke.options.kind, "apiVersion": spoke.api_version}
            self.from_hub, self.sources["from hub"] = compile_conversion(
                spoke.kind.hub, spoke.schema, spoke.backward, self._types[True, False],
                constants=constants, renames=renames,
            )  # fmt: skip
        else:
            self.from_hub = self._dict_from_hub
        return self.from_hub(value)

    def _dict_to_hub(self, native: Any) -> Value:
        value = as_dict(native)
        hub = shallow(self.spoke.forward, value)
        for rule in self.spoke.rules:
            with converting(self.spoke, value, rule):
                rule.to_hub(value, hub)
        return hub

    def _dict_from_hub(self, native: Any) -> Value:
        hub = as_dict(native)
        value = {"kind": self.spoke.options.kind, "apiVersion": self.spoke.api_version}
        value.update(shallow(self.spoke.backward, hub))
        for rule in self.spoke.rules:
            with converting(self.spoke, hub, rule):
                rule.to_spoke(hub, value)
        return value


def _nothing(value: Any) -> None:
    """Nothing is left to do for this type."""


class CompiledEngine(PlainEngine):
    """The fast engine; native values are structs, or dicts where rules need them."""

    def __init__(self) -> None:
        self._types = {
            (trusted, closed): Types(rules=not trusted, closed=closed)
            for trusted in (False, True)
            for closed in (False, True)
        }
        self._spokes: dict[int, CompiledSpoke] = {}

    def compiled(self, spoke: Spoke) -> CompiledSpoke:
        """What is compiled of a spoke."""
        found = self._spokes.get(id(spoke))
        if found is None:
            found = self._spokes[id(spoke)] = CompiledSpoke(spoke, self._types)
        return found

    def sound(self, spoke: Spoke, source: bytes | Value, *, trusted: bool, closed: bool) -> Any:
        """The struct of a sound object of a spoke; None to let the plain path have a look."""
        compiled = self.compiled(spoke)
        try:
            try:
                value = self._decoded(compiled, source, trusted, closed)
            except msgspec.ValidationError:
                # Null equals absent, which msgspec does not know.
                raw = msgspec.json.decode(source) if isinstance(source, bytes) else source
                raw = without_nulls(spoke.schema, raw)
                value = self._decoded(compiled, raw, trusted, closed)
            if value.kind is UNSET:
                value.kind = spoke.options.kind
            if value.apiVersion is UNSET:
                value.apiVersion = spoke.api_version
            if value.kind != spoke.options.kind or value.apiVersion != spoke.api_version:
                return None
            compiled.finish(value)
            if not trusted:
                compiled.check(value)
        except (msgspec.MsgspecError, Slow, TooLarge, RecursionError, UnicodeDecodeError):
            return None
        return value

    def _decoded(
        self, compiled: CompiledSpoke, source: bytes | Value, trusted: bool, closed: bool
    ) -> Any:
        if isinstance(source, bytes):
            return compiled.decoder(trusted=trusted, closed=closed)(source)
        return msgspec.convert(source, compiled.struct(trusted=trusted, closed=closed))

    def to_hub(self, spoke: Spoke, value: Any) -> Any:
        """By structs where names say it all, else by dicts that share what is equal."""
        if isinstance(value, dict) and by_struct(spoke.rules):
            return super().to_hub(spoke, value)
        return self.compiled(spoke).to_hub(value)

    def from_hub(self, spoke: Spoke, value: Any) -> Any:
        """As `to_hub`, backwards."""
        if isinstance(value, dict) and by_struct(spoke.rules):
            return super().from_hub(spoke, value)
        return self.compiled(spoke).from_hub(value)

    def encode(self, spoke: Spoke, value: Any) -> bytes:
        """JSON, fields in the schema's order."""
        if isinstance(value, dict):
            try:
                value = msgspec.convert(value, self.compiled(spoke).struct())
            except msgspec.MsgspecError:
                return super().encode(spoke, value)
        return _encode(value)

    def dump(self, spoke: Spoke, value: Any) -> Value:
        """The JSON-shaped document of a native value, fields in the schema's order."""
        if isinstance(value, dict):
            return super().dump(spoke, value)
        return as_dict(value)
