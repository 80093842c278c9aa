"""`Pipeline`: bytes -> decode -> spoke -> hub -> spoke -> bytes, the one way through.

The server, the command line, the migration and the tests all convert here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from kconv._codec import json as json_codec
from kconv._codec.limits import LIMIT, check_size
from kconv._errors import (
    ConversionError,
    DecodeError,
    FunctionFailed,
    UsageError,
)
from kconv._gvk import GroupVersion
from kconv._paths import describe
from kconv._pipeline.decoder import Decoder
from kconv._pipeline.engine import Engine, NotSound, OneStep, ReadStep, WrittenStep, WrongTypes
from kconv._pipeline.fallback import Fallbacks
from kconv._pipeline.heads import spoke_of
from kconv._pipeline.refusal import cannot_handle, failed_on, invalid_object
from kconv._pipeline.values import (
    Decoded,
    FieldValidation,
    Format,
    HubObject,
    Value,
    ref_of,
)
from kconv._scheme import KindCache, KindCounts, Scheme, Spoke

if TYPE_CHECKING:
    from kconv._pipeline.objects import Objects


class Pipeline(Decoder):
    """Converts objects of the versions in a frozen scheme.

    Values that come out are new, and values that go in are never changed.
    """

    def __init__(self, scheme: Scheme, engine: Engine | None = None) -> None:
        super().__init__(scheme.freeze(), engine or _default_engine())
        forgets = self.scheme.clears
        self.conversions: KindCounts[tuple[Spoke, str]] = forgets(KindCounts())
        """How often `to_hub` and `from_hub` were called, by version and direction."""
        self._judges_updates: KindCache[Spoke, bool] = forgets(KindCache())
        self._steps: KindCache[tuple[Spoke, str, str, bool], OneStep] = forgets(KindCache())
        self._read_steps: KindCache[tuple[Spoke, Spoke], ReadStep | None] = forgets(KindCache())
        self._written_steps: KindCache[tuple[Spoke, Spoke], WrittenStep | None] = forgets(
            KindCache()
        )

    @property
    def fallbacks(self) -> Fallbacks:
        """The sound objects that the compiled engine did not take, by kind."""
        return self.engine.fallbacks

    @cached_property
    def objects(self) -> Objects:
        """Typed objects of the versions in the scheme."""
        from kconv._pipeline.objects import Objects  # who converts files never needs it

        return Objects(self)

    def extended(self, scheme: Scheme, extend: Callable[[Engine], Engine]) -> Pipeline:
        """A pipeline of another scheme, whose engine has this one's, and what it has compiled."""
        return Pipeline(scheme, extend(self.engine))

    def prepare(self, spoke: Spoke) -> None:
        """Build now what re-encoding stored objects of a version builds on first use."""
        self.engine.prepare(spoke)

    def decode_written(self, source: bytes | Value, *, spoke: Spoke | None = None) -> Decoded:
        """Decode what is written in an object with apiVersion, or in a part of one; no more.

        No field is required and no default applied, and nothing but types is judged: as for the
        parts that a field manager owns, or an object whose defaults are somebody else's. Unknown
        fields are dropped. The object is given as JSON, or parsed already.

        Raises `DecodeError`, with every field of a wrong type, `NotRegistered`, and `UsageError`
        for a document, which is told to keep its nulls or not.
        """
        if isinstance(source, bytes):
            check_size(source, LIMIT)
        if spoke is None:
            raw = json_codec.decode(source) if isinstance(source, bytes) else source
            spoke = spoke_of(self.scheme, raw, None)
        if not spoke.envelope:
            raise UsageError(f"{spoke.gvk} has no apiVersion: decode the whole document")
        try:
            return Decoded(spoke, self.engine.written(spoke, source))
        except NotSound as error:
            raise DecodeError(f"json: {error.why}") from None
        except WrongTypes as error:
            message = cannot_handle(spoke, describe(error.findings))
            raw = json_codec.decode(source) if isinstance(source, bytes) else source
            about = ref_of(spoke, raw)
            raise DecodeError(message, about=about, findings=error.findings) from None

    def written_step(self, spoke: Spoke, target: Spoke) -> WrittenStep | None:
        """What converts what is written to another version in one step, if there is such.

        Where it gives an answer, `decode_written`, `to_hub`, `from_hub` and `encode` give the same.
        """
        key = (spoke, target)
        if key not in self._written_steps:
            self._written_steps[key] = self.engine.written_step(spoke, target)
        return self._written_steps[key]

    def to_hub(self, decoded: Decoded) -> HubObject:
        """The object in its internal version. Raises `ConversionError`."""
        self.conversions[decoded.spoke, "to_hub"] += 1
        return HubObject(decoded.spoke.kind, self.engine.to_hub(decoded.spoke, decoded.native))

    def from_hub(self, hub: HubObject, spoke: Spoke) -> Decoded:
        """The object in another version of its kind. Raises `ConversionError`."""
        if spoke.kind is not hub.kind:
            raise ConversionError(f"{hub.kind.group_kind} has no version {spoke.gvk}")
        self.conversions[spoke, "from_hub"] += 1
        return Decoded(spoke, self.engine.from_hub(spoke, hub.native))

    def dump(self, decoded: Decoded) -> Value:
        """The object as a document: kind, apiVersion, metadata, then its fields as declared."""
        return self.engine.dump(decoded.spoke, decoded.native)

    def encode(self, decoded: Decoded, format: Format = "json") -> bytes:
        """The object's bytes."""
        if format == "json":
            return self.engine.encode(decoded.spoke, decoded.native)
        from kconv._codec import yaml as yaml_codec  # it takes long, and who stores never needs it

        return yaml_codec.encode(self.dump(decoded))

    def convert(
        self,
        data: bytes,
        to: GroupVersion,
        *,
        spoke: Spoke | None = None,
        format: Format = "json",
        field_validation: FieldValidation = "Ignore",
        trusted: bool = False,
    ) -> bytes:
        """The bytes of an object in another version of its kind.

        ``spoke`` says which version it is in; documents need it, since they do not tell. Judges the
        types and rules of single fields, unless ``trusted``; the rules that groups add are for
        writes, as in Kubernetes, whose conversion does not validate.

        Raises what `decode` raises, and `UsageError` if the kind has no such version.
        """
        if format == "json" and field_validation == "Ignore" and len(data) <= LIMIT:
            source = spoke or self._heads.spoke(data)
            if source is not None:
                key = (source, to.group, to.version, trusted)
                step = self._steps.get(key) or self._one_step(key, to)
                converted = step and step(data)
                if converted is not None:
                    return converted
        decoded = self.decode(
            data, spoke=spoke, format=format, field_validation=field_validation, trusted=trusted,
            checks="fields",
        )  # fmt: skip
        target = self._target(decoded, to)
        native = self.engine.to_hub(decoded.spoke, decoded.native)
        native = self.engine.from_hub(target, native)
        if format == "json":
            return self.engine.encode(target, native)
        return self.encode(Decoded(target, native), format)

    def read_as(self, data: bytes, spoke: Spoke, target: Spoke) -> Value:
        """Stored JSON of a version as a document of another one of its kind, or of the same.

        Stored objects are not judged again. Raises `DecodeError` and `ConversionError`.
        """
        key = (spoke, target)
        if key not in self._read_steps:
            self._read_steps[key] = self.engine.read_step(spoke, target)
        step = self._read_steps[key]
        if step is not None and len(data) <= LIMIT:
            found = step(data)
            if found is not None:
                return found
        decoded = self.decode(data, spoke=spoke, trusted=True)
        if target is not spoke:
            decoded = self.from_hub(self.to_hub(decoded), target)
        return self.dump(decoded)

    def convert_decoded(self, decoded: Decoded, to: GroupVersion) -> Decoded:
        """A decoded object in another version of its kind; through the hub even to its own.

        Raises `UsageError` if the kind has no such version, and `ConversionError`.
        """
        spoke = self._target(decoded, to)
        converted = self.from_hub(self.to_hub(decoded), spoke)
        return Decoded(spoke, converted.native, decoded.warnings)

    def _target(self, decoded: Decoded, to: GroupVersion) -> Spoke:
        spoke = self.scheme.version_of(decoded.spoke, to)
        if spoke is None:
            have = ", ".join(dict.fromkeys(each.api_version for each in decoded.spoke.kind.spokes))
            message = f"{decoded.ref}: has no version {to}; it has {have}"
            raise UsageError(message, about=decoded.ref)
        return spoke

    def judges_updates(self, spoke: Spoke) -> bool:
        """Whether a version has rules about changes, for which `check_update` needs both states."""
        found = self._judges_updates.get(spoke)
        if found is None:
            from kconv._pipeline.update_rules import has_update_rules  # who converts never needs it

            found = self._judges_updates[spoke] = has_update_rules(spoke.schema)
        return found

    def check_update(self, new: Decoded, old: Decoded) -> None:
        """Refuse a change that a rule about changes forbids, such as of an immutable field.

        Both are of the same version. Raises `InvalidObject` with every such field.
        """
        schema = new.spoke.schema.instance()
        try:
            findings = list(schema.check_update(new.value, old.value))
        except FunctionFailed as error:
            raise failed_on(error, new.spoke, new.value) from error.__cause__
        if findings:
            raise invalid_object(new.spoke, new.ref, findings)

    def _one_step(self, key: tuple[Spoke, str, str, bool], to: GroupVersion) -> OneStep | None:
        """What converts objects of a spoke from bytes to bytes, if the engine has that."""
        spoke, _, _, trusted = key
        target = self.scheme.version_of(spoke, to)
        if target is None:
            return None
        step = self.engine.one_step(spoke, target, "types" if trusted else "fields")
        if step is not None:
            self._steps[key] = step
        return step


def _default_engine() -> Engine:
    # Who converts but a few objects with the plain engine need not load the other.
    from kconv._pipeline.compiled import CompiledEngine

    return CompiledEngine()
