"""`Reencoder`: stored bytes in another version, each proved to mean the same before it is used."""

from __future__ import annotations

from dataclasses import dataclass

from kconv._codec import LIMIT
from kconv._codec import json as json_codec
from kconv._errors import ConversionError, InvalidObject, StrictDecodeError, TooLarge
from kconv._gvk import GroupVersion
from kconv._paths import Finding, describe, format_path
from kconv._pipeline.engine import NotSound
from kconv._pipeline.object_loss import hub_differences, lost, same_value
from kconv._pipeline.pipeline import Pipeline
from kconv._pipeline.refusal import cannot_handle, invalid_object
from kconv._pipeline.values import Checks, Decoded, HubObject, ref_of
from kconv._scheme import HubKind, Spoke


class WouldLose(ConversionError):
    """The version wanted cannot hold what an object says; findings name the fields."""

    reason = "WouldLose"


@dataclass(frozen=True, slots=True)
class Reencoded:
    """A stored object in another version.

    ``lost`` are the fields that it could not take along and whose loss was accepted; ``broken``
    is set when the object breaks a rule, which does not keep it from being stored: it was valid
    when it was written.
    """

    data: bytes
    lost: tuple[Finding, ...] = ()
    broken: InvalidObject | None = None


class Reencoder:
    """Turns stored bytes into those of another version, and proves each before handing it out.

    ``checks`` says which rules are looked at for `Reencoded.broken`: those that groups add
    ("all") take several times as long as everything else. With ``accept_loss``, a loss that the
    API's author acknowledges is no error.
    """

    def __init__(
        self, pipeline: Pipeline, *, accept_loss: bool = False, checks: Checks = "fields"
    ) -> None:
        self.pipeline = pipeline
        self.accept_loss = accept_loss
        self.checks: Checks = checks

    def quickly(self, data: bytes, spoke: Spoke, target: Spoke) -> bytes | None:
        """As `reencode`, for what is sound and loses nothing, which is nearly everything.

        None where `reencode` has to look.
        """
        engine = self.pipeline.engine
        try:
            # Values of one flavour alone compare equal: old bytes are judged as new ones are.
            old = engine.sound(spoke, data, checks="fields", closed=_closed(spoke))
            written = engine.encode(spoke, old)
            if written != data and (spoke.envelope or json_codec.duplicate_keys(data)):
                return None
            before = engine.to_hub(spoke, old)
            if spoke.may_lose_to_hub:
                back = engine.from_hub(spoke, before)
                if engine.encode(spoke, back) != written:
                    return None
            new = engine.encode(target, engine.from_hub(target, before))
            if _outgrows(new, data):
                return None
            read = engine.sound(target, new, checks=self.checks, closed=True)
        except NotSound:
            return None
        return new if same_value(before, engine.to_hub(target, read)) else None

    def reencode(self, data: bytes, api_version: str, kind: HubKind, to: GroupVersion) -> Reencoded:
        """The object's bytes in the version ``to``; ``api_version`` is what they are said to be in.

        What the new bytes mean must be what the old ones mean: both are converted to the hub and
        compared, and the old version must get back all that it had.

        Raises `KconvError`: `DecodeError` for bytes that do not decode or hold a field that would
        be dropped, `NotRegistered` for an unknown version, `WouldLose` for what the new version
        cannot hold, with a finding for each field, `TooLarge` for new bytes that nobody could read.
        """
        old = self.decode(data, api_version, kind)
        if old.spoke.kind is not kind:
            raise ConversionError(f"{old.ref}: not a {kind.group_kind}", about=old.ref)
        spoke = kind.spoke_for(to, old.spoke.options.kind)
        if spoke is None:
            raise ConversionError(f"{old.ref}: has no version {to}", about=old.ref)
        before = self.pipeline.to_hub(old)
        new = self.pipeline.encode(self.pipeline.from_hub(before, spoke))
        if _outgrows(new, data):
            raise TooLarge(
                f"{old.ref}: would have {len(new)} bytes in {spoke.api_version}, and could not be "
                f"read again: the limit is {LIMIT}",
                about=old.ref,
            )
        read, broken = self._judged(new, spoke)
        found = self._lost(old, before, read)
        return Reencoded(new, found, broken)

    def decode(self, data: bytes, api_version: str, kind: HubKind) -> Decoded:
        """A stored object, refusing fields that this code does not know or that come twice.

        They would be lost without a word. Raises as `Pipeline.decode`.
        """
        engine = self.pipeline.engine
        spoke = kind.spoke_for(GroupVersion.parse(api_version))
        if spoke is not None:
            try:
                native = engine.sound(spoke, data, checks="types", closed=_closed(spoke))
            except NotSound:
                native = None
            # Bytes that the engine would write the same hold no field twice; looking for that in
            # any others takes long.
            if native is not None and (
                engine.encode(spoke, native) == data or not json_codec.duplicate_keys(data)
            ):
                return Decoded(spoke, native)
            if not spoke.envelope:
                return self._decode_document(data, spoke)
        found = self.pipeline.decode(data, trusted=True, field_validation="Strict")
        if found.spoke.api_version != api_version:
            raise StrictDecodeError(
                f"the bytes are in {found.spoke.api_version}, the record says {api_version}",
                about=found.ref,
            )
        return found

    def judged(
        self, data: bytes, api_version: str, kind: HubKind
    ) -> tuple[Decoded, InvalidObject | None]:
        """A stored object, and the rules that it breaks, if any. Raises as `decode`."""
        engine = self.pipeline.engine
        spoke = kind.spoke_for(GroupVersion.parse(api_version))
        if spoke is not None:
            try:
                native = engine.sound(spoke, data, checks=self.checks, closed=_closed(spoke))
                if engine.encode(spoke, native) == data or not json_codec.duplicate_keys(data):
                    return Decoded(spoke, native), None
            except NotSound:
                pass
        decoded = self.decode(data, api_version, kind)
        return decoded, self._broken(decoded)

    def _broken(self, decoded: Decoded) -> InvalidObject | None:
        findings = list(self.pipeline.engine.check(decoded.spoke, decoded.value, self.checks))
        return invalid_object(decoded.spoke, decoded.ref, findings) if findings else None

    def _decode_document(self, data: bytes, spoke: Spoke) -> Decoded:
        """A stored document; what its kind says is dropped, is not missed."""
        if repeated := json_codec.duplicate_keys(data):
            text = ", ".join(f'duplicate field "{format_path(path)}"' for path in repeated)
            about = ref_of(spoke, None)
            raise StrictDecodeError(
                cannot_handle(spoke, f"strict decoding error: {text}"), about=about
            )
        return self.pipeline.decode(data, spoke=spoke, trusted=True)

    def hub(self, data: bytes, api_version: str, kind: HubKind) -> HubObject:
        """What stored bytes mean. Raises as `decode`, and `ConversionError`."""
        return self.pipeline.to_hub(self.decode(data, api_version, kind))

    def _lost(self, old: Decoded, before: HubObject, read: Decoded) -> tuple[Finding, ...]:
        after = self.pipeline.to_hub(read)
        if same_value(before.native, after.native) and not old.spoke.may_lose_to_hub:
            return ()
        losses = lost(self.pipeline, old, read)
        found = tuple(each.finding for each in losses) or tuple(hub_differences(before, after))
        acknowledged = bool(losses) and all(each.reason for each in losses)
        if found and not (self.accept_loss and acknowledged):
            accept = ", which --accept-loss accepts" if acknowledged else ""
            message = f"{old.ref}: {read.spoke.api_version} cannot hold all of it{accept}: "
            raise WouldLose(message + describe(found), about=old.ref, findings=found)
        return found

    def _judged(self, data: bytes, spoke: Spoke) -> tuple[Decoded, InvalidObject | None]:
        """New bytes decoded, and the rules that the object breaks."""
        engine = self.pipeline.engine
        try:
            return Decoded(spoke, engine.sound(spoke, data, checks=self.checks, closed=True)), None
        except NotSound:
            pass
        decoded = self.pipeline.decode(data, spoke=spoke, trusted=True, field_validation="Strict")
        return decoded, self._broken(decoded)


def _closed(spoke: Spoke) -> bool:
    """Whether a stored object may hold no field that its version does not declare."""
    return spoke.envelope or spoke.closed


def _outgrows(new: bytes, old: bytes) -> bool:
    """Whether new bytes are more than can be read, as the old ones are not."""
    return len(new) > LIMIT >= len(old)
