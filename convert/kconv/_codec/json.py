r"""JSON: decoding in C by msgspec, and a slower look for duplicate keys where they matter.

Bytes that are not UTF-8, and halves of surrogate pairs (``\ud800``), are read as U+FFFD each: so
Kubernetes reads them, and people who move objects from there need not mend them first. What is
written is always valid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from kconv._codec.limits import LIMIT, check_depth, check_size, too_deep
from kconv._errors import DecodeError
from kconv._known_forms import LONGEST_PATTERN, Forms, KnownForms
from kconv._paths import DEPTH, Path


def decode(data: bytes, limit: int = LIMIT) -> Any:
    """The value of a JSON text (RFC 8259, UTF-8); a later duplicate of a key wins.

    Raises `DecodeError` for what is not JSON, NaN and Infinity among it, and `TooLarge` for a
    text over the limits of size or depth.
    """
    check_size(data, limit)
    try:
        try:
            value = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            value = msgspec.json.decode(with_valid_text(data))
    except msgspec.DecodeError as error:
        raise DecodeError(f"json parse error: {error}") from None
    except RecursionError:
        raise too_deep() from None
    if may_be_deep(data):
        check_depth(value)
    return value


def may_be_deep(data: bytes) -> bool:
    """Whether a JSON text has brackets enough to nest deeper than a document may."""
    return data.count(b"{") + data.count(b"[") > DEPTH


_REPLACEMENT = "\ufffd"
_ESCAPED_BYTES = re.compile("[\udc80-\udcff]")
_ESCAPES = re.compile(
    r"(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


def valid_text(data: bytes) -> str:
    """A text, with U+FFFD for each byte that is not UTF-8."""
    # One for each byte, as Go has it; Python's own "replace" has one for several.
    text = data.decode("utf-8", "surrogateescape")
    return text if text.isascii() else _ESCAPED_BYTES.sub(_REPLACEMENT, text)


def with_valid_text(data: bytes) -> bytes:
    """A JSON text with U+FFFD for each byte that is not UTF-8 and each half of a surrogate pair."""
    text = valid_text(data)
    if "\\u" in text:
        text = _ESCAPES.sub(lambda found: _REPLACEMENT if found["half"] else found[0], text)
    return text.encode()


def encode(value: Any) -> bytes:
    """The compact JSON text of a value, keys in the order they are in."""
    return _encode(value)


_encode = msgspec.json.Encoder().encode


def encode_pretty(value: Any) -> bytes:
    """The JSON text of a value for people: indented by two, a line break at the end."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


class _Pairs(list[tuple[str, Any]]):
    """An object as the list of its pairs, so that duplicates can be seen."""


class _Repeated(Exception):
    """An object repeats a key."""


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _Repeated


def duplicate_keys(data: bytes) -> list[Path]:
    """The path of every key that an object of this well-formed JSON text repeats."""
    # Most often there is none, and that is quickly seen.
    is_short = len(data) <= LONGEST_PATTERN and _without_repeats.is_of_use()
    if is_short and _without_repeats.get(data):
        return []
    if _has_each_key_once(data):
        if is_short:
            _without_repeats.keep(data, True)
        return []
    text = with_valid_text(data)
    try:
        json.loads(text, object_pairs_hook=_distinct)
    except _Repeated:
        return list(_duplicates(json.loads(text, object_pairs_hook=_Pairs), ()))
    return []


_without_repeats: KnownForms[bool] = KnownForms(Forms(lambda parts: ()))
"""Texts without escapes that have each key once: values make no difference."""


def _has_each_key_once(data: bytes) -> bool:
    """Whether that is certain: what is parsed and written again has each key once.

    So a text that repeats one has more quotes, of which an escaped one could be another.
    """
    if b"\\" in data:
        return False
    try:
        again = msgspec.json.encode(msgspec.json.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return data.count(b'"') == again.count(b'"')


def _duplicates(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        told: set[str] = set()
        for key, inner in value:
            if key in seen and key not in told:
                told.add(key)
                yield (*path, key)
            seen.add(key)
            yield from _duplicates(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _duplicates(inner, (*path, index))
