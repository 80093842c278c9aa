"""`CompiledEngine`: the pipeline's work on msgspec structs and generated functions.

It takes what is well-formed, valid and of fields that the compiler knows, which is nearly
everything; the rest it leaves to the plain engine, whose answers are the right ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import msgspec
from msgspec import UNSET

from kconv._codec.limits import check_depth
from kconv._compile import (
    Struct,
    Types,
    by_struct,
    checker,
    compile_conversion,
    convert,
    decoder,
    is_wholly_plain,
    nests_endlessly,
    shallow,
    types_below,
    without_nulls,
)
from kconv._errors import ConversionError
from kconv._pipeline.engine import PlainEngine, Way
from kconv._pipeline.values import Checks, Value, as_dict
from kconv._plain_conversion import FAILURES, converting
from kconv._scheme import Spoke

_encode = msgspec.json.Encoder().encode


class CompiledSpoke:
    """What is compiled of a spoke; each part when it is first needed."""

    def __init__(self, spoke: Spoke, types: Mapping[tuple[bool, bool], Types], bare: Types) -> None:
        self.spoke = spoke
        self.plain = is_wholly_plain(spoke.schema)
        self._types = types
        self._bare = bare
        self._decoders: dict[tuple[bool, bool], Callable[[bytes], Any]] = {}
        self.sources: dict[str, str] = {}
        self.checks: dict[Checks, Callable[[Any], None]] = {"types": _nothing}

    def decoder(self, *, trusted: bool, closed: bool) -> Callable[[bytes], Any]:
        """Decodes bytes to a struct.

        Without the fields' own rules for ``trusted`` objects; ``closed`` refuses unknown fields.
        """
        found = self._decoders.get((trusted, closed))
        if found is None:
            found = decoder(self.decoded(trusted=trusted, closed=closed))
            if nests_endlessly(self.spoke.schema):
                found = _bounded(found)
            self._decoders[trusted, closed] = found
        return found

    def decoded(self, *, trusted: bool, closed: bool) -> type[Struct]:
        """The struct that `decoder` decodes to."""
        return self._types[trusted, closed].struct(self.spoke.schema)

    def struct(self) -> type[Struct]:
        """The struct of values that are complete already."""
        return self._bare.struct(self.spoke.schema)

    def check(self, checks: Checks) -> Callable[[Any], None]:
        """Raises `Slow` for a struct that breaks a rule that decoding did not look at."""
        found = self.checks.get(checks)
        if found is None:
            function, source = checker(self.spoke.schema, added=checks == "all")
            found = self.checks[checks] = function or _nothing
            self.sources[f"check {checks}"] = source
        return found

    @cached_property
    def struct_to_hub(self) -> Callable[[Any], Any]:
        """Converts a struct of the spoke to one of the hub; only where rules work on structs."""
        spoke = self.spoke
        function, self.sources["to hub"] = compile_conversion(
            spoke.schema,
            spoke.kind.hub,
            spoke.forward,
            self._bare,
            constants={},
            rules=spoke.rules,
            direction="to hub",
        )
        return function

    @cached_property
    def struct_from_hub(self) -> Callable[[Any], Any]:
        """Converts a struct of the hub to one of the spoke; only where rules work on structs."""
        spoke = self.spoke
        function, self.sources["from hub"] = compile_conversion(
            spoke.kind.hub,
            spoke.schema,
            spoke.backward,
            self._bare,
            constants={"kind": spoke.options.kind, "apiVersion": spoke.api_version},
            rules=spoke.rules,
            direction="to spoke",
        )
        return function

    @cached_property
    def to_hub(self) -> Callable[[Any], Any]:
        """Converts a native value of the spoke to one of the hub."""
        rules = self.spoke.rules
        if not by_struct(rules):
            return self.dict_to_hub
        return _guarded(self.struct_to_hub, self.dict_to_hub) if rules else self.struct_to_hub

    @cached_property
    def from_hub(self) -> Callable[[Any], Any]:
        """Converts a native value of the hub to one of the spoke."""
        rules = self.spoke.rules
        if not by_struct(rules):
            return self.dict_from_hub
        return _guarded(self.struct_from_hub, self.dict_from_hub) if rules else self.struct_from_hub

    def dict_to_hub(self, native: Any) -> Value:
        """As `to_hub` by way of dicts, which every rule can work on."""
        value = as_dict(native)
        hub = shallow(self.spoke.forward, value)
        for rule in self.spoke.rules:
            with converting(self.spoke, value, rule):
                rule.to_hub(value, hub)
        return hub

    def dict_from_hub(self, native: Any) -> Value:
        """As `from_hub` by way of dicts, which every rule can work on."""
        hub = as_dict(native)
        value = {"apiVersion": self.spoke.api_version, "kind": self.spoke.options.kind}
        value.update(shallow(self.spoke.backward, hub))
        for rule in self.spoke.rules:
            with converting(self.spoke, hub, rule):
                rule.to_spoke(hub, value)
        return value


def _bounded(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """A decoder of types that hold themselves, which have no end of their own."""

    def bounded(data: bytes) -> Any:
        check_depth(msgspec.json.decode(data))
        return decode(data)

    return bounded


def _guarded(
    convert: Callable[[Any], Any], by_dict: Callable[[Any], Value]
) -> Callable[[Any], Any]:
    """A conversion that goes by way of dicts where a rule fails on structs.

    Where the rule fails on dicts too, that says which one it was.
    """

    def guarded(native: Any) -> Any:
        try:
            return convert(native)
        except (*FAILURES, ConversionError):
            return by_dict(native)

    return guarded


def same_shape(spoke: Spoke, target: Spoke) -> bool:
    """Whether the way through the hub changes nothing but kind and apiVersion.

    So it is for versions of the same fields in the same order, all of which the hub has as well,
    without rules.
    """
    names, others = (list(each.schema.instance().wire_fields()) for each in (spoke, target))
    own = {"kind", "apiVersion"}
    through = {*spoke.forward.copied} & {*target.backward.copied} | own
    return not spoke.rules and not target.rules and names == others and {*names} <= through


def _nothing(value: Any) -> None:
    """Nothing is left to do for this type."""


class CompiledEngine(PlainEngine):
    """The fast engine; native values are structs, or dicts where rules need them."""

    def __init__(self) -> None:
        self._types = {
            (trusted, closed): Types(rules=not trusted, closed=closed, finish=True)
            for trusted in (False, True)
            for closed in (False, True)
        }
        self._bare = Types()
        self._spokes: dict[Spoke, CompiledSpoke] = {}
        self._ways: dict[tuple[Spoke, Spoke, Checks], Way] = {}

    def compiled(self, spoke: Spoke) -> CompiledSpoke:
        """What is compiled of a spoke."""
        found = self._spokes.get(spoke)
        if found is None:
            found = self._spokes[spoke] = CompiledSpoke(spoke, self._types, self._bare)
        return found

    def prepare(self, spoke: Spoke) -> None:
        """Decoders, checks and conversions."""
        compiled = self.compiled(spoke)
        if not compiled.plain:
            compiled.decoder(trusted=False, closed=True)
            _ = compiled.check("fields"), compiled.to_hub, compiled.from_hub

    def sources(self, spoke: Spoke) -> dict[str, str]:
        """The Python that was generated for a spoke, by what each function does.

        ``finish TYPE`` completes a decoded object of a type, ``check fields`` and ``check all``
        judge an object, ``to hub`` and ``from hub`` convert one. Where there is nothing to do, or
        rules that only work on dicts do it, no function is generated.
        """
        compiled = self.compiled(spoke)
        if compiled.plain:
            return {}
        compiled.decoder(trusted=False, closed=False)
        _ = compiled.check("fields"), compiled.check("all"), compiled.to_hub, compiled.from_hub
        finishers = self._types[False, False].sources
        found = {
            f"finish {schema.__name__}": finishers.get(schema, "")
            for schema in types_below(spoke.schema)
        }
        return {title: text for title, text in (found | compiled.sources).items() if text}

    def sound(self, spoke: Spoke, source: bytes | Value, *, checks: Checks, closed: bool) -> Any:
        """The struct of a sound object of a spoke; None to let the plain path have a look."""
        compiled = self.compiled(spoke)
        trusted = checks == "types"
        if compiled.plain:
            return None
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
            compiled.check(checks)(value)
        except Exception:  # noqa: BLE001 - a group's own functions need not stand structs
            return None
        return value

    def way(self, spoke: Spoke, target: Spoke, checks: Checks) -> Way | None:
        """Decode, convert and encode by functions that are looked up once."""
        if self.compiled(spoke).plain or self.compiled(target).plain:
            return None
        key = (spoke, target, checks)
        way = self._ways.get(key)
        if way is None:
            way = self._ways[key] = self._way(*key)
        return way

    def _way(self, spoke: Spoke, target: Spoke, checks: Checks) -> Way:
        source = self.compiled(spoke)
        decode = source.decoder(trusted=checks == "types", closed=False)
        found = source.check(checks)
        check = None if found is _nothing else found
        kind, api_version = spoke.options.kind, spoke.api_version
        convert = self._conversion(spoke, target)
        encode = _encode

        def way(data: bytes) -> bytes | None:
            try:
                value = decode(data)
                if value.kind != kind or value.apiVersion != api_version:
                    return None
                if check is not None:
                    check(value)
                return encode(convert(value))
            except Exception:  # noqa: BLE001 - as above; the plain path says what is wrong
                return None

        return way

    def _conversion(self, spoke: Spoke, target: Spoke) -> Callable[[Any], Any]:
        """From the struct of a spoke, which is given away, to what encodes as another spoke."""
        source, sink = self.compiled(spoke), self.compiled(target)
        kind, api_version = target.options.kind, target.api_version
        if same_shape(spoke, target):
            if spoke is target:
                return lambda value: value

            def renamed(value: Any) -> Any:
                value.kind, value.apiVersion = kind, api_version
                return value

            return renamed
        if by_struct(spoke.rules) and by_struct(target.rules):
            to_hub, from_hub = source.struct_to_hub, sink.struct_from_hub
            return lambda value: from_hub(to_hub(value))
        struct = sink.struct()
        by_dict = sink.dict_from_hub if not by_struct(spoke.rules) else sink.from_hub
        return lambda value: convert(by_dict(source.to_hub(value)), struct)

    def _decoded(
        self, compiled: CompiledSpoke, source: bytes | Value, trusted: bool, closed: bool
    ) -> Any:
        if isinstance(source, bytes):
            return compiled.decoder(trusted=trusted, closed=closed)(source)
        return convert(source, compiled.decoded(trusted=trusted, closed=closed))

    def to_hub(self, spoke: Spoke, value: Any) -> Any:
        """By structs where names say it all, else by dicts that share what is equal."""
        compiled = self.compiled(spoke)
        return compiled.dict_to_hub(value) if isinstance(value, dict) else compiled.to_hub(value)

    def from_hub(self, spoke: Spoke, value: Any) -> Any:
        """As `to_hub`, backwards."""
        compiled = self.compiled(spoke)
        if isinstance(value, dict) or compiled.plain:
            return compiled.dict_from_hub(value)
        return compiled.from_hub(value)

    def encode(self, spoke: Spoke, value: Any) -> bytes:
        """JSON, fields in the schema's order."""
        if self.compiled(spoke).plain:
            return super().encode(spoke, as_dict(value))
        if isinstance(value, dict):
            try:
                value = convert(value, self.compiled(spoke).struct())
            except msgspec.MsgspecError:
                return super().encode(spoke, value)
        return _encode(value)

    def dump(self, spoke: Spoke, value: Any) -> Value:
        """The JSON-shaped document of a native value, fields in the schema's order."""
        if isinstance(value, dict) or self.compiled(spoke).plain:
            return super().dump(spoke, as_dict(value))
        return as_dict(value)
