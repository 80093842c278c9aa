"""`CompiledEngine`: the pipeline's work on msgspec structs and generated functions.

It takes what is well-formed, valid and of fields that the compiler knows, which is nearly
everything; the rest it leaves to the plain engine, whose answers are the right ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from kconv.compile import (
    Slow,
    Struct,
    Types,
    by_struct,
    checker,
    compile_conversion,
    finisher,
    shallow,
)
from kconv.hub import converting
from kconv.paths import Finding, Path
from kconv.pipeline.engine import PlainEngine
from kconv.pipeline.values import Value, as_dict
from kconv.resource import Hub, Resource
from kconv.scheme import Spoke

_encode = msgspec.json.Encoder().encode


class CompiledSpoke:
    """What is compiled of a spoke; each part when it is first needed."""

    def __init__(self, spoke: Spoke, checked: Types, stored: Types) -> None:
        self.spoke = spoke
        self._types = {False: checked, True: stored}
        self._decoders: dict[bool, Callable[[bytes], Any]] = {}
        self.sources: dict[str, str] = {}
        self.finish: Callable[[Any], None] = self._lazy_finish
        self.check: Callable[[Any], None] = self._lazy_check
        self.to_hub: Callable[[Any], Any] = self._lazy_to_hub
        self.from_hub: Callable[[Any], Any] = self._lazy_from_hub

    def decoder(self, *, trusted: bool) -> Callable[[bytes], Any]:
        """Decodes bytes to a struct; without the fields' own rules for trusted objects."""
        found = self._decoders.get(trusted)
        if found is None:
            struct = self._types[trusted].struct(self.spoke.schema)
            found = self._decoders[trusted] = msgspec.json.Decoder(struct).decode
        return found

    def struct(self) -> type[Struct]:
        """The struct that values of this spoke are kept in, whatever they hold."""
        return self._types[True].struct(self.spoke.schema)

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
                spoke.schema, spoke.kind.hub, spoke.forward, self._types[True],
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
                spoke.kind.hub, spoke.schema, spoke.backward, self._types[True],
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
        self._checked, self._stored = Types(rules=True), Types(rules=False)
        self._spokes: dict[int, CompiledSpoke] = {}

    def compiled(self, spoke: Spoke) -> CompiledSpoke:
        """What is compiled of a spoke."""
        found = self._spokes.get(id(spoke))
        if found is None:
            found = self._spokes[id(spoke)] = CompiledSpoke(spoke, self._checked, self._stored)
        return found

    def decode_bytes(self, spoke: Spoke, data: bytes, *, trusted: bool) -> Any:
        """The native value of the bytes of a valid object of a spoke; None to give up."""
        compiled = self.compiled(spoke)
        try:
            value = compiled.decoder(trusted=trusted)(data)
            if value.kind != spoke.options.kind or value.apiVersion != spoke.api_version:
                return None
            compiled.finish(value)
            if not trusted:
                compiled.check(value)
        except (msgspec.MsgspecError, Slow, RecursionError, UnicodeDecodeError):
            return None
        except TypeError:
            # An object that is made of defaults lacks something that is required of it.
            return None
        return value

    def to_hub(self, spoke: Spoke, value: Any) -> Any:
        """By structs where names say it all, else by dicts that share what is equal."""
        compiled = self.compiled(spoke)
        if isinstance(value, dict) and by_struct(spoke.rules):
            return super().to_hub(spoke, value)
        return compiled.to_hub(value)

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

    def check(self, spoke: Spoke, value: Any) -> Iterator[Finding]:
        """The plain engine's verdict."""
        return super().check(spoke, as_dict(value))

    def unknown(self, spoke: Spoke, raw: Value) -> Iterator[Path]:
        """The plain engine's verdict."""
        return super().unknown(spoke, raw)

    def types_of(self, spoke: Spoke) -> tuple[type[Resource], type[Hub]]:
        """The schemas that are compiled for a spoke."""
        return spoke.schema, spoke.kind.hub
