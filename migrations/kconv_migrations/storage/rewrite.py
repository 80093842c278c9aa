"""Re-encoding one row: the same object in another version, or an error and the row as it was."""

from __future__ import annotations

from kconv.errors import ConversionError, ObjectRef
from kconv.paths import Finding, Path
from kconv.pipeline import Decoded, HubObject, Pipeline
from kconv.scheme import Spoke
from kconv.store import Stored


class Reencoder:
    """Turns stored bytes into those of another version, and proves each before handing it out."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def reencode(self, stored: Stored, spoke: Spoke) -> bytes:
        """The object's bytes in the version of ``spoke``.

        What the new bytes mean must be what the old ones mean: both are converted to the hub and
        compared. Raises `KconvError`, about the object: `DecodeError` for bytes that do not
        decode or hold a field that would be dropped, `NotRegistered` for an unknown version,
        `ConversionError` for what the new version cannot hold.
        """
        decoded = self._decode(stored.data)
        if decoded.spoke.kind is not spoke.kind:
            about = decoded.ref
            raise ConversionError(f"{about}: not a {spoke.kind.group_kind}", about=about)
        before = self.pipeline.to_hub(decoded)
        data = self.pipeline.encode(self.pipeline.from_hub(before, spoke))
        after = self.pipeline.to_hub(self._decode(data))
        findings = list(differences(before, after))
        if findings:
            about = decoded.ref
            message = f"{about}: {spoke.api_version} cannot hold all of it"
            raise ConversionError(message, about=about, findings=findings)
        return data

    def _decode(self, data: bytes) -> Decoded:
        # Strict, because a field that this code does not know would be lost without a word.
        return self.pipeline.decode(data, trusted=True, field_validation="Strict")


def ref_of(stored: Stored) -> ObjectRef:
    """Which object a row is about, as far as its key says."""
    group, _, version = stored.api_version.rpartition("/")
    key = stored.key
    return ObjectRef(group, version, key.resource, key.namespace, key.name)


def differences(before: HubObject, after: HubObject) -> list[Finding]:
    """The paths at which two hub values differ, and how."""
    found: list[Finding] = []
    _compare(before.value, after.value, (), found)
    return found


def _compare(before: object, after: object, path: Path, found: list[Finding]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            if key not in after:
                found.append(_lost(path, key, "would be lost"))
            elif key not in before:
                found.append(_lost(path, key, "would be added"))
            else:
                _compare(before[key], after[key], (*path, key), found)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            _compare(old, new, (*path, index), found)
    elif before != after or type(before) is not type(after):
        found.append(Finding(path, "FieldValueInvalid", f"{before!r} would become {after!r}"))


def _lost(path: Path, key: str, how: str) -> Finding:
    return Finding((*path, key), "FieldValueInvalid", how)
