"""The protobuf wire format: fields by number, and varints."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._errors import DecodeError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Every field of a message: its number, and its varint or its bytes.

    Raises `DecodeError` for what is not a message.
    """
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise DecodeError("protobuf: a field without a number")
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == _BYTES:
            length, at = _varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise DecodeError(f"protobuf: unknown wire type {wire}")
        if at + length > len(data):
            raise DecodeError("protobuf: unexpected end of the message")
        yield number, data[at : at + length]
        at += length


def signed(value: int) -> int:
    """A varint as the int32 or int64 that it stands for."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise DecodeError("protobuf: a malformed number")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
