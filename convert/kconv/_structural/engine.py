"""`StructuralEngine`: decodes, judges and converts by structural schemas; values are dicts.

Beside the engine that compiles what is declared in Python: `Engines` has both, and asks the one
that a version is for. So custom resources go the one way that everything goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import marshmallow

from kconv._codec import json as json_codec
from kconv._errors import ConversionError, DecodeError
from kconv._paths import INVALID, NOWHERE, Finding, Path, format_path, of_fields
from kconv._pipeline import NotSound, OneStep, ReadStep, WrittenStep, WrongTypes
from kconv._pipeline.fallback import Fallbacks
from kconv._pipeline.plain import head_of
from kconv._pipeline.values import Checks, Value
from kconv._scheme import Spoke
from kconv._structural.checking import check
from kconv._structural.defaulting import with_defaults
from kconv._structural.kinds import StructuralKind, StructuralResource
from kconv._structural.metadata import load
from kconv._structural.pruning import pruned
from kconv._structural.schemas import TYPE_META, Schema
from kconv._structural.validations import BLOCKING, UNCHECKED, judge
from kconv.fields._base import findings_of, reading_stored
from kconv.meta import ObjectMeta


class StructuralEngine:
    """Values are dicts: apiVersion, kind, metadata, and what the schema has."""

    def __init__(self, fallbacks: Fallbacks) -> None:
        self.fallbacks = fallbacks

    def prepare(self, spoke: Spoke) -> None:
        """There is nothing to build."""

    def sound(self, spoke: Spoke, source: bytes | Value, *, checks: Checks, closed: bool) -> Any:
        """The value of a sound object. Raises `NotSound`, which is no fault of this engine."""
        try:
            raw = json_codec.decode(source) if isinstance(source, bytes) else source
            if not isinstance(raw, dict):
                raise NotSound("it is no object", recorded=True)
            head = head_of(spoke)
            if any(raw.get(name, said) != said for name, said in head.items()):
                raise NotSound("it is of another kind or version", recorded=True)
            if closed and any(self.unknown(spoke, raw)):
                raise NotSound("it has unknown fields", recorded=True)
            with reading_stored(checks == "types"):
                value = self._decode(spoke, raw, is_own=isinstance(source, bytes))
        except (DecodeError, WrongTypes, RecursionError) as error:
            raise NotSound(str(error), recorded=True) from None
        if any(self.check(spoke, value, checks)):
            raise NotSound("it breaks rules", recorded=True)
        return value

    def written(self, spoke: Spoke, source: bytes | Value) -> Any:
        """What is written and declared; nothing is filled in."""
        raw = json_codec.decode(source) if isinstance(source, bytes) else source
        if not isinstance(raw, dict):
            raise NotSound("it is no object")
        made = head_of(spoke)
        if isinstance(raw.get("metadata"), dict):
            try:
                made["metadata"] = ObjectMeta.instance().settled(raw["metadata"])
            except marshmallow.ValidationError as error:
                raise WrongTypes(_under_metadata(error)) from None
        return {**made, **pruned(_own(raw), _schema(spoke))}

    def written_step(self, spoke: Spoke, target: Spoke) -> WrittenStep | None:
        """There is no short cut."""
        return None

    def one_step(self, spoke: Spoke, target: Spoke, checks: Checks) -> OneStep | None:
        """There is no short cut."""
        return None

    def read_step(self, spoke: Spoke, target: Spoke) -> ReadStep | None:
        """There is no short cut."""
        return None

    def decode(self, spoke: Spoke, raw: Value) -> Value:
        """Metadata by its type, all else pruned and with defaults. Raises `WrongTypes`."""
        return self._decode(spoke, raw)

    def _decode(self, spoke: Spoke, raw: Value, *, is_own: bool = False) -> Value:
        metadata = raw.get("metadata")
        if metadata is not None and not isinstance(metadata, dict):
            finding = Finding(("metadata",), "FieldValueTypeInvalid", "must be an object")
            raise WrongTypes([finding])
        try:
            loaded = load(metadata or {}, is_own=is_own)
        except marshmallow.ValidationError as error:
            raise WrongTypes(_under_metadata(error)) from None
        own = with_defaults(pruned(_own(raw), _schema(spoke)), _defaults(spoke))
        return {**head_of(spoke), "metadata": loaded, **own}

    def accepted(self, spoke: Spoke, value: Value, refused: NotSound) -> Any:
        """The value itself."""
        return value

    def check(self, spoke: Spoke, value: Any, checks: Checks) -> Iterable[Finding]:
        """All rules of the schema; those on metadata are the server's.

        Rules in CEL are judged where what is wrong leaves a value of the right shape, but for those
        about a change.
        """
        if checks == "types":
            return ()
        schema = _schema(spoke)
        findings = list(check(_own(value), schema))
        if not _has_rules(spoke):
            return findings
        if any(each.reason in BLOCKING for each in findings):
            return [*findings, Finding(NOWHERE, INVALID, UNCHECKED)]
        metadata = value.get("metadata") or {}
        is_new = not (metadata.get("resourceVersion") or metadata.get("uid"))
        return [*findings, *judge(value, schema, is_new=is_new)]

    def unknown(self, spoke: Spoke, raw: Value) -> Iterator[Path]:
        """What pruning drops, in the order that Kubernetes names it in."""
        if isinstance(raw.get("metadata"), dict):
            yield from ObjectMeta.instance().unknown_fields(raw["metadata"], ("metadata",))
        dropped: list[Path] = []
        pruned(_own(raw), _schema(spoke), dropped)
        yield from sorted(map(of_fields, dropped), key=format_path)

    def to_hub(self, spoke: Spoke, value: Any) -> Any:
        """The object in the version that is stored, without apiVersion and kind.

        It has the defaults of that version, since it would get them when it is read again.
        """
        kind = _kind(spoke)
        stored = kind.storage_spoke
        made = value
        if stored is not spoke:
            made = self._converted(spoke, stored, value)
            if "metadata" in value:
                made = with_defaults(made, _defaults(stored))
        return {name: each for name, each in made.items() if name not in ("apiVersion", "kind")}

    def from_hub(self, spoke: Spoke, value: Any) -> Any:
        """The reverse of `to_hub`."""
        stored = _kind(spoke).storage_spoke
        made = {**head_of(stored), **value}
        return made if stored is spoke else self._converted(stored, spoke, made)

    def _converted(self, spoke: Spoke, target: Spoke, value: Value) -> Value:
        return converted(spoke, target, [value])[0]

    def dump(self, spoke: Spoke, value: Any) -> Value:
        """The value itself, metadata first."""
        head = {name: value[name] for name in TYPE_META if name in value}
        return {**head, **_own(value)}

    def encode(self, spoke: Spoke, value: Any) -> bytes:
        """Its JSON."""
        return json_codec.encode(self.dump(spoke, value))


def converted(spoke: Spoke, target: Spoke, values: list[Value]) -> list[Value]:
    """Objects of one version in another one of their kind; no defaults are filled in.

    Of the metadata only labels and annotations may have become others; unknown fields are dropped.
    Raises what the conversion raises.
    """
    kind = _kind(spoke)
    assert kind.convert is not None, "a structural kind has a conversion"
    made = []
    schema = _schema(target)
    answers = kind.convert(values, target.api_version)
    for before, after in zip(values, answers, strict=True):
        value = {**head_of(target)}
        if "metadata" in before:
            value["metadata"] = _metadata(before["metadata"], after.get("metadata"))
        made.append({**value, **pruned(_own(after), schema)})
    return made


def _metadata(before: Value, after: Any) -> Value:
    """Metadata as it was, with the labels and annotations that a conversion gave."""
    given = after if isinstance(after, dict) else {}
    made = {**before}
    for name in ("labels", "annotations"):
        if given.get(name):
            made[name] = dict(given[name])
        else:
            made.pop(name, None)
    return made


def _own(value: Value) -> Value:
    return {name: each for name, each in value.items() if name not in TYPE_META}


def _kind(spoke: Spoke) -> StructuralKind:
    if not isinstance(spoke.kind, StructuralKind):
        raise ConversionError(f"{spoke.gvk} has no structural schema")
    return spoke.kind


def _schema(spoke: Spoke) -> Schema:
    assert issubclass(spoke.schema, StructuralResource), "asked of such versions only"
    return spoke.schema.structural


def _defaults(spoke: Spoke) -> Schema:
    assert issubclass(spoke.schema, StructuralResource), "asked of such versions only"
    return spoke.schema.defaults


def _has_rules(spoke: Spoke) -> bool:
    assert issubclass(spoke.schema, StructuralResource), "asked of such versions only"
    return spoke.schema.has_rules


def has_rules_of(spoke: Spoke) -> bool:
    """Whether a version is a structural schema with rules in CEL."""
    return is_structural(spoke) and _has_rules(spoke)


def _under_metadata(error: marshmallow.ValidationError) -> list[Finding]:
    return [each.under("metadata") for each in findings_of(error.messages)]


def is_structural(spoke: Spoke) -> bool:
    """Whether a version is a structural schema."""
    return isinstance(spoke.kind, StructuralKind)
