"""The protobuf wire format: fields by number, and varints."""

from __future__ import annotations

from collections.abc import Iterator

from kconv._errors import DecodeError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_GROUP, _GROUP_END = 3, 4
_LARGEST = (1 << 29) - 1
"""The largest number that a field can have."""


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Every field of a message: its number, its wire type, and its varint or its bytes.

    Groups, which nothing writes any more, are passed over. Raises `DecodeError` for what is not a
    message.
    """
    at, end = 0, len(data)
    open_groups = 0
    while at < end:
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = varint_at(data, at - 1)
        number, wire = tag >> 3, tag & 7
        if not 0 < number <= _LARGEST:
            raise DecodeError("protobuf: a field without a number")
        value: int | bytes
        if wire == VARINT:
            value, at = varint_at(data, at)
        elif wire in (_GROUP, _GROUP_END):
            open_groups += 1 if wire == _GROUP else -1
            if open_groups < 0:
                raise DecodeError("protobuf: the end of a group that did not begin")
            continue
        else:
            if wire == BYTES:
                if at < end and (length := data[at]) < 128:
                    at += 1
                else:
                    length, at = varint_at(data, at)
            elif wire in (FIXED64, FIXED32):
                length = 8 if wire == FIXED64 else 4
            else:
                raise DecodeError(f"protobuf: unknown wire type {wire}")
            if at + length > end:
                raise DecodeError("protobuf: unexpected end of the message")
            value = data[at : at + length]
            at += length
        if not open_groups:
            yield number, wire, value
    if open_groups:
        raise DecodeError("protobuf: unexpected end of a group")


def varint_at(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at a place, and where it ends. Raises `DecodeError`."""
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


def signed(value: int, bits: int = 64) -> int:
    """A varint as the int32 or int64 that it stands for."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def varint(value: int) -> bytes:
    """A number as a varint; a negative one takes ten bytes."""
    if 0 <= value < 128:
        return _SMALL[value]
    value &= (1 << 64) - 1
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)


_SMALL = [bytes((each,)) for each in range(128)]


def tag(number: int, wire: int) -> bytes:
    """What a field begins with."""
    return varint(number << 3 | wire)


def delimited(number: int, data: bytes) -> bytes:
    """A field of bytes: a text, a message."""
    return tag(number, BYTES) + varint(len(data)) + data
