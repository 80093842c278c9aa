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


def mark_of(raw: bytes, version: object, kept: bytes | None = None) -> int:
    """What tells whether a row is still as it was read: 64 bits, as databases have integers."""
    whole = raw + repr(version).encode()
    if kept is not None:
        whole += b"\0" + kept
    found: int = _FIRST.unpack_from(sha256(whole).digest())[0]
    return found


class Contents:
    """What rows of a collection hold, for before-images: documents, and what is ``apart`` of them.

    ``by_value`` says of the column of documents, and of the other, whether it keeps values only.
    """

    def __init__(self, *, apart: bool, by_value: tuple[bool, bool]) -> None:
        self._apart = apart
        self._by_value = by_value

    def digest(self, raw: bytes, kept: bytes | None) -> bytes:
        """What tells whether a row holds the same."""
        found = digest(raw, by_value=self._by_value[0])
        if not self._apart:
            return found
        return sha256(found + digest(kept or b"", by_value=self._by_value[1])).digest()

    def image(self, raw: bytes, kept: bytes | None) -> bytes:
        """Both in one; where nothing is apart, the document as it is."""
        if not self._apart:
            return raw
        return b"%d:%b" % (len(raw), raw) + (b"" if kept is None else b"+" + kept)

    def of_image(self, image: bytes) -> tuple[bytes, bytes | None]:
        """The document, and what was apart of it."""
        if not image[:1].isdigit():  # a document is an object, so there was nothing apart
            return image, None
        size, _, rest = image.partition(b":")
        raw, kept = rest[: int(size)], rest[int(size) :]
        return raw, kept[1:] if kept else None


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
