"""Re-encoding one row: the same object in another version, or an error and the row as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from kconv._codec import json as json_codec
from kconv._errors import ConversionError, StrictDecodeError
from kconv._gvk import GroupVersion
from kconv._paths import Finding, Path, describe, quote
from kconv._pipeline import Decoded, HubObject, Pipeline, invalid_object, lost
from kconv._pipeline.values import Checks
from kconv._scheme import HubKind, Spoke
from kconv_migrations._executors.problem import Problem

_compact = msgspec.json.Encoder().encode


class WouldLose(ConversionError):
    """The version wanted cannot hold what an object says; findings name the fields."""

    reason = "WouldLose"


@dataclass(frozen=True, slots=True)
class Reencoded:
    """A row in another version.

    ``lost`` are the fields that it could not take along and whose loss was accepted; ``broken``
    is set when the object breaks a rule, which does not keep it from being stored: it was valid
    when it was written.
    """

    data: bytes
    lost: tuple[Finding, ...] = ()
    broken: Problem | None = None


class Reencoder:
    """Turns stored bytes into those of another version, and proves each before handing it out."""

    def __init__(
        self, pipeline: Pipeline, *, accept_loss: bool = False, checks: Checks = "fields"
    ) -> None:
        """``checks`` says which rules are looked at for `Reencoded.broken`.

        Those that groups add ("all") take several times as long as everything else.
        """
        self.pipeline = pipeline
        self.accept_loss = accept_loss
        self.checks = checks

    def quickly(self, data: bytes, spoke: Spoke, target: Spoke) -> bytes | None:
        """As `reencode`, for what is sound and loses nothing, which is nearly everything.

        None where `reencode` has to look.
        """
        engine = self.pipeline.engine
        # Values of one flavour alone compare equal: the old bytes are judged as the new ones are.
        old = engine.sound(spoke, data, checks="fields", closed=True)
        # Bytes that the engine would write the same hold no field twice.
        if old is None or engine.encode(spoke, old) != data:
            return None
        before = engine.to_hub(spoke, old)
        new = engine.encode(target, engine.from_hub(target, before))
        read = engine.sound(target, new, checks=self.checks, closed=True)
        if read is None or engine.to_hub(target, read) != before:
            return None
        return new

    def reencode(self, data: bytes, api_version: str, kind: HubKind, to: GroupVersion) -> Reencoded:
        """The object's bytes in the version ``to``; ``api_version`` is what they are said to be in.

        What the new bytes mean must be what the old ones mean: both are converted to the hub and
        compared.

        Raises `KconvError`: `DecodeError` for bytes that do not decode or hold a field that would
        be dropped, `NotRegistered` for an unknown version, `WouldLose` for what the new version
        cannot hold, with a finding for each field. With ``accept_loss``, a loss
        that the API's author acknowledges is no error.
        """
        old = self.decode(data, api_version, kind)
        if old.spoke.kind is not kind:
            raise ConversionError(f"{old.ref}: not a {kind.group_kind}", about=old.ref)
        spoke = kind.spoke_for(to, old.spoke.options.kind)
        if spoke is None:
            raise ConversionError(f"{old.ref}: has no version {to}", about=old.ref)
        engine = self.pipeline.engine
        before = engine.to_hub(old.spoke, old.native)
        made = engine.from_hub(spoke, before)
        new = engine.encode(spoke, made)
        after, broken = self._judged(new, spoke)
        differing = tuple(differences(HubObject(kind, before), self.pipeline.to_hub(after)))
        if differing and not (self.accept_loss and self._acknowledged(old, Decoded(spoke, made))):
            message = f"{old.ref}: {to} cannot hold all of it: {describe(differing)}"
            raise WouldLose(message, about=old.ref, findings=differing)
        return Reencoded(new, differing, broken)

    def decode(self, data: bytes, api_version: str, kind: HubKind) -> Decoded:
        """A stored object, refusing fields that this code does not know or that come twice.

        They would be lost without a word. Raises as `Pipeline.decode`.
        """
        engine = self.pipeline.engine
        spoke = kind.spoke_for(GroupVersion.parse(api_version))
        if spoke is not None:
            native = engine.sound(spoke, data, checks="types", closed=True)
            # Bytes that the engine would write the same hold no field twice; looking for that in
            # any others takes long.
            if native is not None and (
                engine.encode(spoke, native) == data or not json_codec.duplicate_keys(data)
            ):
                return Decoded(spoke, native)
        found = self.pipeline.decode(data, trusted=True, field_validation="Strict")
        if found.spoke.api_version != api_version:
            raise StrictDecodeError(
                f"the bytes are in {found.spoke.api_version}, the record says {api_version}",
                about=found.ref,
            )
        return found

    def hub(self, data: bytes, api_version: str, kind: HubKind) -> HubObject:
        """What stored bytes mean. Raises as `decode`, and `ConversionError`."""
        return self.pipeline.to_hub(self.decode(data, api_version, kind))

    def _judged(self, data: bytes, spoke: Spoke) -> tuple[Decoded, Problem | None]:
        """New bytes decoded, and the rules that the object breaks."""
        engine = self.pipeline.engine
        native = engine.sound(spoke, data, checks=self.checks, closed=True)
        if native is not None:
            return Decoded(spoke, native), None
        decoded = self.pipeline.decode(data, spoke=spoke, trusted=True, field_validation="Strict")
        findings = list(engine.check(spoke, decoded.value, self.checks))
        if not findings:
            return decoded, None
        return decoded, Problem.of(invalid_object(spoke, decoded.ref, findings))

    def _acknowledged(self, old: Decoded, made: Decoded) -> bool:
        """Whether an author gave a reason for everything that really is lost."""
        return all(each.reason for each in lost(self.pipeline, old, made))


def differences(before: HubObject, after: HubObject) -> Iterator[Finding]:
    """The paths at which two hub values differ, and how."""
    if _compact(before.native) != _compact(after.native):
        yield from _compare(before.value, after.value, ())


def _compare(before: object, after: object, path: Path) -> Iterator[Finding]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            if key not in after:
                yield Finding((*path, key), "FieldValueInvalid", "would be lost")
            elif key not in before:
                yield Finding((*path, key), "FieldValueInvalid", "would be added")
            else:
                yield from _compare(before[key], after[key], (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _compare(old, new, (*path, index))
    elif before != after or type(before) is not type(after):
        message = f"{quote(before)} would become {quote(after)}"
        yield Finding(path, "FieldValueInvalid", message)
