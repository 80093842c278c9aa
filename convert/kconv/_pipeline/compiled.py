"""`CompiledEngine`: the pipeline's work on msgspec structs and generated functions.

It takes what is well-formed and valid. What it refuses the plain engine explains; where that finds
nothing wrong, the compiled engine failed, which `kconv._pipeline.fallback` counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from kconv._compile import Deep, Refused, convert, types_below, without_nulls
from kconv._errors import KconvError
from kconv._pipeline.compiled_spoke import CompiledSpoke, Flavours, nothing
from kconv._pipeline.engine import NotSound, OneStep, ReadStep, WrittenStep
from kconv._pipeline.loose import NULL, Loose
from kconv._pipeline.plain import PlainEngine
from kconv._pipeline.values import Checks, Value, as_dict
from kconv._schema import Type
from kconv._scheme import Spoke
from kconv.fields._base import reading_stored

_encode = msgspec.json.Encoder().encode

EXPECTED = (msgspec.MsgspecError, Refused, KconvError, UnicodeError, RecursionError)
"""What decoding raises for bytes or values that are not sound."""


class CompiledEngine(PlainEngine):
    """The fast engine: native values are structs.

    Kinds whose schemas use what only marshmallow can do (`kconv._compile.is_wholly_plain`) are left
    to the plain engine, and their native values are dicts.
    """

    def __init__(self) -> None:
        super().__init__()
        self._flavours = Flavours()
        self._nullable = Flavours(nullable=True)
        self._spokes: dict[Spoke, CompiledSpoke] = {}

    def compiled(self, spoke: Spoke) -> CompiledSpoke:
        """What is compiled of a spoke."""
        found = self._spokes.get(spoke)
        if found is None:
            via = None if spoke.via is None else self.compiled(spoke.via)
            found = CompiledSpoke(spoke, self._flavours, self._nullable, via)
            self._spokes[spoke] = found
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
        finishers = compiled.flavours.decoded[False, False].sources
        found = {
            f"finish {schema.__name__}": finishers.get(schema, "")
            for schema in types_below(spoke.schema)
        }
        return {title: text for title, text in (found | compiled.sources).items() if text}

    def sound(self, spoke: Spoke, source: bytes | Value, *, checks: Checks, closed: bool) -> Any:
        """The struct of a sound object of a spoke. Raises `NotSound`."""
        compiled = self.compiled(spoke)
        null = spoke.keeps_null and isinstance(source, bytes) and NULL in source
        if compiled.plain or (null and not compiled.nullable):
            raise NotSound
        try:
            value = self._decoded(compiled, source, checks == "types", closed)
            if spoke.envelope:
                if not value.kind:
                    value.kind = spoke.options.kind
                if not value.apiVersion:
                    value.apiVersion = spoke.api_version
                if value.kind != spoke.options.kind or value.apiVersion != spoke.api_version:
                    raise NotSound("it is of another kind or version")
            compiled.check(checks)(value)
        except NotSound:
            raise
        except EXPECTED as error:
            raise NotSound(_said(error), recorded=isinstance(error, Deep)) from None
        except Exception as error:
            self.fallbacks.record(spoke, _said(error), error)
            raise NotSound(_said(error), recorded=True) from error
        return value

    def written(self, spoke: Spoke, source: bytes | Value) -> Any:
        """A struct in canonical spelling; the plain engine names what is wrong."""
        compiled = self.compiled(spoke)
        if compiled.plain:
            return super().written(spoke, source)
        try:
            if isinstance(source, bytes):
                value = compiled.writing(source)
            else:
                value = convert(source, compiled.settled)
        except EXPECTED:
            value = convert(super().written(spoke, source), compiled.settled)
        if spoke.envelope:
            value.kind, value.apiVersion = spoke.options.kind, spoke.api_version
        return value

    def written_step(self, spoke: Spoke, target: Spoke) -> WrittenStep | None:
        """Decode what is written, convert, and encode with the metadata that there was."""
        source = self.compiled(spoke)
        if source.plain or self.compiled(target).plain:
            return None
        decode, convert_to = source.writing, self._conversion(spoke, target)
        # Where only the version's name changes, no rule comes to see labels and annotations.
        is_renamed = same_shape(spoke, target)

        def step(data: msgspec.Raw, metadata: msgspec.Raw) -> bytes | None:
            try:
                value = decode(data)
                if is_renamed:
                    made = convert_to(value)
                    has_metadata = _has_metadata(made)
                else:
                    before = _changeable(value)
                    made = convert_to(value)
                    if _changeable(made) != before:
                        return None
                    has_metadata = before is not None
                if has_metadata:
                    made.metadata = metadata
                return _encode(made)
            except EXPECTED:
                # The way by single steps says what is wrong.
                return None
            except Exception as error:  # noqa: BLE001 - a fault of generated code, which is told
                self.fallbacks.record(spoke, _said(error), error)
                return None

        return step

    def accepted(self, spoke: Spoke, value: Value, refused: NotSound) -> Any:
        """The struct of what the plain engine decoded; that it had to is put on record."""
        if self.compiled(spoke).plain:
            return value
        if not refused.recorded:
            self.fallbacks.record(spoke, refused.why)
        return convert(value, self.compiled(spoke).struct())

    def one_step(self, spoke: Spoke, target: Spoke, checks: Checks) -> OneStep | None:
        """Decode, convert and encode; None for kinds that are left to the plain engine."""
        return self._step(spoke, target, checks, self._conversion, _encode)

    def read_step(self, spoke: Spoke, target: Spoke) -> ReadStep | None:
        """Decode, convert if it is another version, and make dicts; None as in `one_step`."""
        conversion = _unconverted if spoke is target else self._conversion
        return self._step(spoke, target, "types", conversion, msgspec.to_builtins)

    def _step(
        self,
        spoke: Spoke,
        target: Spoke,
        checks: Checks,
        conversion: Callable[[Spoke, Spoke], Callable[[Any], Any]],
        write: Callable[[Any], Any],
    ) -> Callable[[bytes], Any] | None:
        source = self.compiled(spoke)
        if source.plain or self.compiled(target).plain:
            return None
        decode = source.decoder(trusted=checks == "types", closed=spoke.closed)
        found = source.check(checks)
        check = None if found is nothing else found
        kind, api_version = spoke.options.kind, spoke.api_version
        convert_to = conversion(spoke, target)
        envelope, refuses_null = spoke.envelope, spoke.keeps_null and not source.nullable

        def step(data: bytes) -> Any:
            try:
                if refuses_null and NULL in data:
                    return None
                value = decode(data)
                if envelope and (value.kind != kind or value.apiVersion != api_version):
                    return None
                if check is not None:
                    check(value)
                made = convert_to(value)
                return None if type(made) is Loose else write(made)
            except EXPECTED:
                # The way by single steps says what is wrong.
                return None
            except Exception as error:  # noqa: BLE001 - a fault of generated code, which is told
                self.fallbacks.record(spoke, _said(error), error)
                return None

        return step

    def _conversion(self, spoke: Spoke, target: Spoke) -> Callable[[Any], Any]:
        """From the struct of a spoke, which is given away, to what encodes as another spoke."""
        kind, api_version = target.options.kind, target.api_version
        if same_shape(spoke, target):
            if spoke is target or not target.envelope:
                return lambda value: value

            def renamed(value: Any) -> Any:
                value.kind, value.apiVersion = kind, api_version
                return value

            return renamed
        to_hub, from_hub = self.compiled(spoke).to_hub, self.compiled(target).from_hub
        return lambda value: from_hub(to_hub(value))

    def _decoded(
        self, compiled: CompiledSpoke, source: bytes | Value, trusted: bool, closed: bool
    ) -> Any:
        try:
            if isinstance(source, bytes):
                return compiled.decoder(trusted=trusted, closed=closed)(source)
            return convert(source, compiled.decoded(trusted=trusted, closed=closed))
        except (msgspec.ValidationError, Refused):
            if compiled.nullable and isinstance(source, bytes) and NULL in source:
                raise
            # Null equals absent, which msgspec does not know.
            raw = msgspec.json.decode(source) if isinstance(source, bytes) else source
            with reading_stored(trusted):
                raw = without_nulls(compiled.spoke.schema, raw)
            return convert(raw, compiled.decoded(trusted=trusted, closed=closed))

    def to_hub(self, spoke: Spoke, value: Any) -> Any:
        """By structs where names say it all, else by dicts that belong to the rules."""
        compiled = self.compiled(spoke)
        if compiled.plain:
            return super().to_hub(spoke, as_dict(value))
        if type(value) is Loose:
            return self._native(super().to_hub(spoke, value), spoke.kind.hub, spoke)
        if isinstance(value, dict):
            value = convert(value, compiled.struct())
        plain = super().to_hub
        return self._converted(spoke, value, compiled.to_hub, plain, spoke.kind.hub)

    def from_hub(self, spoke: Spoke, value: Any) -> Any:
        """As `to_hub`, backwards."""
        compiled = self.compiled(spoke)
        if compiled.plain:
            return super().from_hub(spoke, as_dict(value))
        if type(value) is Loose:
            return self._native(super().from_hub(spoke, value), spoke.schema, spoke)
        if isinstance(value, dict):
            value = convert(value, compiled.flavours.bare.struct(spoke.kind.hub))
        plain = super().from_hub
        return self._converted(spoke, value, compiled.from_hub, plain, spoke.schema)

    def _converted(
        self,
        spoke: Spoke,
        value: Any,
        conversion: Callable[[Any], Any],
        plain: Callable[[Spoke, Value], Any],
        made: type[Type],
    ) -> Any:
        """What a compiled conversion makes; the plain one, put on record, if that has a fault."""
        try:
            return conversion(value)
        except KconvError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault of generated code, which is told
            self.fallbacks.record(spoke, _said(error), error)
            return self._native(plain(spoke, as_dict(value)), made, spoke)

    def _native(self, value: Value, schema: type[Type], spoke: Spoke) -> Any:
        """What the plain engine made of a document, as this one has it."""
        if type(value) is Loose:
            return value
        return convert(value, self.compiled(spoke).flavours.bare.struct(schema))

    def encode(self, spoke: Spoke, value: Any) -> bytes:
        """JSON, fields in the schema's order."""
        if type(value) is Loose or self.compiled(spoke).plain:
            return super().encode(spoke, as_dict(value))
        if isinstance(value, dict):
            value = convert(value, self.compiled(spoke).struct())
        return _encode(value)

    def dump(self, spoke: Spoke, value: Any) -> Value:
        """The JSON-shaped document of a native value, fields in the schema's order."""
        if isinstance(value, dict) or self.compiled(spoke).plain:
            return super().dump(spoke, as_dict(value))
        return as_dict(value)


def _has_metadata(value: Any) -> bool:
    return value.metadata is not msgspec.UNSET and value.metadata is not None


def _changeable(value: Any) -> tuple[Any, Any] | None:
    """Labels and annotations, which a conversion may change; None without metadata."""
    if not _has_metadata(value):
        return None
    metadata = value.metadata
    labels, annotations = metadata.labels, metadata.annotations
    # The values belong to the conversion, which may write to them.
    return labels and dict(labels), annotations and dict(annotations)


def _unconverted(spoke: Spoke, target: Spoke) -> Callable[[Any], Any]:
    return lambda value: value


def same_shape(spoke: Spoke, target: Spoke) -> bool:
    """Whether the way through the hub changes nothing but kind and apiVersion.

    So it is for versions of the same fields in the same order, all of which the hub has as well,
    without rules.
    """
    names, others = (list(each.schema.instance().wire_fields()) for each in (spoke, target))
    own = {"kind", "apiVersion"} if spoke.envelope else set()
    through = {*spoke.forward.copied} & {*target.backward.copied} | own
    if spoke.ruled or target.ruled or spoke.via or target.via:
        return False
    return names == others and {*names} <= through


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
