"""Values that broke no rule, remembered where their types say that this is enough."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

from kconv._compile.types import types_below
from kconv._known_forms import Forms, KnownForms, Parts
from kconv._known_texts import KnownTexts
from kconv._schema import Type, union_of
from kconv.fields import spec_of
from kconv.fields._spec import AnyField

_MOST_BYTES: Final = 64 * 1024
"""Texts of values of one type that broke no rule, for each kind that it is in."""

_encode: Final = msgspec.json.Encoder().encode


class KnownValues:
    """Values of a type that broke no rule: by their JSON, and by what of it the rules read."""

    def __init__(self, schema: type[Type]) -> None:
        self._schema = schema
        self._texts: KnownTexts[bool] = KnownTexts(_MOST_BYTES)
        unread = any(schema.unread.values())
        self._read = KnownForms[bool](Forms(self._positions), _MOST_BYTES) if unread else None

    def look(self, value: Any) -> bytes | None:
        """None where a value, or one that is as good, broke no rule; else what to `keep` of it.

        That is empty where to look was of no use lately.
        """
        text = b""
        if self._texts.is_of_use():
            text = _encode(value)
            if self._texts.get(text):
                return None
        if self._read is not None and self._read.is_of_use():
            text = text or _encode(value)
            if self._read.get(text):
                return None
        return text

    def keep(self, text: bytes, value: Any) -> None:
        """Remember a value that broke no rule, unless the rules have changed it."""
        if text and _encode(value) == text:
            self._texts.keep(text, True)
            if self._read is not None:
                self._read.keep(text, True)

    def _positions(self, parts: Parts) -> Iterator[int]:
        """The positions of the values that rules read, in the JSON of a value of the type."""
        value = msgspec.json.decode(b'"'.join(parts))
        texts = _texts_of_type(value, self._schema, self._schema.unread)
        return (2 * at + 1 for at, is_read in enumerate(texts) if is_read)


Unread = Mapping[type[Type], Collection[str]]


def _texts_of_type(value: Any, schema: type[Type], unread: Unread) -> Iterator[bool]:
    """For each text in a value, in their order, whether it is a value that is read."""
    fields, of_type = schema.instance().wire_fields(), unread.get(schema, ())
    for name, inner in value.items():
        yield False
        if name in of_type and isinstance(inner, str):
            yield False
        else:
            yield from _texts(inner, fields.get(name), unread)


def _texts(value: Any, field: AnyField | None, unread: Unread) -> Iterator[bool]:
    spec = None if field is None else spec_of(field)
    if isinstance(value, str):
        yield True
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, None if spec is None else spec.element, unread)
    elif isinstance(value, dict):
        of = None if spec is None or spec.structure != "object" else spec.object_type
        if of is not None:
            yield from _texts_of_type(value, of, unread)
            return
        for each in value.values():
            yield False
            yield from _texts(each, None if spec is None else spec.element, unread)


def known_values(schema: type[Type]) -> KnownValues | None:
    """What remembers the values of a type that broke no rule; None where each is judged anew.

    A type says of the rules that its own package knows what they look at (see
    `kconv._schema.judged_by_value`). Another package may have added some to it, or to a type below
    it, that look at anything.
    """
    if not schema.by_value or any(map(_has_rules_of_others, types_below(schema))):
        return None
    return KnownValues(schema)


def _has_rules_of_others(schema: type[Type]) -> bool:
    return any(
        _package(rule) != _package(base)
        for base in schema.__mro__
        for rule in vars(base).get("rules", ())
        if not union_of(rule)
    )


def _package(of: Any) -> str:
    module: str = getattr(of, "__module__", None) or ""
    return module.partition(".")[0]
