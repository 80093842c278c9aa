"""Whether a document is what it was: by its bytes, or by its value (JSONB)."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from struct import Struct
from typing import Any, Final

import msgspec

_FIRST: Final = Struct(">q")
_MOST_DIGITS: Final = 400
"""Zeros that are written out at the end of a number."""


def digest(raw: bytes, *, by_value: bool) -> bytes:
    """SHA-256 of a document; ``by_value`` of what it says, however it is spelled (JSONB)."""
    return sha256(_canonical(raw) if by_value else raw).digest()


def mark_of(raw: bytes, version: object) -> int:
    """What tells whether a row is still as it was read: 64 bits, as databases have integers."""
    found: int = _FIRST.unpack_from(sha256(raw + repr(version).encode()).digest())[0]
    return found


def _number(text: str) -> Any:
    """A number with a point or an exponent, in a form that is the same for 1.0, 1 and 1e0."""
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int), "JSON has no infinities"
    significant = "".join(map(str, digits)).strip("0")
    exponent += len(digits) - len("".join(map(str, digits)).rstrip("0"))
    if not significant:
        return 0
    if 0 <= exponent < _MOST_DIGITS:
        return int(f"{'-' * sign}{significant}{'0' * exponent}")
    return msgspec.Raw(f"{'-' * sign}{significant}e{exponent}".encode())


_decode: Final = msgspec.json.Decoder(float_hook=_number).decode
_encode: Final = msgspec.json.Encoder(order="sorted").encode


def _canonical(raw: bytes) -> bytes:
    try:
        return _encode(_decode(raw))
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return raw
