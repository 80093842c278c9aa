"""Kinds of fields whose JSON is not that of a message: scalars, times, quantities and the like.

Each has two functions: one that reads what the wire has, and one that writes a value of JSON, None
for the zero of a field that is held by value.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from kconv._codec import json as json_codec
from kconv._errors import DecodeError
from kconv._serve.protobuf.wire import (
    BYTES,
    FIXED64,
    VARINT,
    delimited,
    fields,
    signed,
    tag,
    varint,
)
from kconv.fields._duration import format_duration, parse_duration
from kconv.fields._time import format_micro_time, format_time, parse_time

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_ZERO_TIME = datetime(1, 1, 1, tzinfo=UTC)

WIRE_TYPES = {"int32": VARINT, "int64": VARINT, "bool": VARINT, "double": FIXED64}
"""How scalars are written; all else is bytes."""


def parts(raw: bytes) -> dict[int, int | bytes]:
    """The fields of a small message; the last of each number counts."""
    return {number: value for number, _, value in fields(raw)}


def text_of(raw: int | bytes) -> str:
    """The text that some bytes are. Raises `DecodeError`."""
    try:
        return bytes_of(raw).decode()
    except UnicodeDecodeError:
        raise DecodeError("protobuf: a string is not valid UTF-8") from None


def bytes_of(raw: int | bytes) -> bytes:
    """The bytes of a field. Raises `DecodeError` where it has a number."""
    if not isinstance(raw, bytes):
        raise DecodeError("protobuf: a number where bytes are expected")
    return raw


def number_of(raw: int | bytes) -> int:
    """The number of a field. Raises `DecodeError` where it has bytes."""
    if not isinstance(raw, int):
        raise DecodeError("protobuf: bytes where a number is expected")
    return raw


def _read_time(raw: int | bytes, *, micro: bool = False) -> datetime | None:
    """A time; the empty message is Go's zero time, which JSON has as null.

    Fractions of a second count where ``micro`` says so, as in Kubernetes.
    """
    found = parts(bytes_of(raw))
    if not found:
        return None
    seconds = signed(number_of(found.get(1, 0)))
    nanos = signed(number_of(found.get(2, 0)), 32) if micro else 0
    try:
        return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)
    except OverflowError:
        raise DecodeError("protobuf: a time out of range") from None


def _read_seconds(raw: int | bytes) -> str | None:
    when = _read_time(raw)
    return None if when is None else format_time(when)


def _read_microseconds(raw: int | bytes) -> str | None:
    when = _read_time(raw, micro=True)
    return None if when is None else format_micro_time(when)


def _write_time(value: Any, *, micro: bool) -> bytes:
    when = _ZERO_TIME if value is None else parse_time(value)
    if when == _ZERO_TIME:
        return b""
    seconds, rest = divmod(when - _EPOCH, _SECOND)
    nanos = rest.microseconds * 1000 if micro else 0
    return b"\x08" + varint(seconds) + b"\x10" + varint(nanos)


def _read_int_or_string(raw: int | bytes) -> int | str:
    found = parts(bytes_of(raw))
    if found.get(1):
        return text_of(found.get(3, b""))
    return signed(number_of(found.get(2, 0)), 32)


def _write_int_or_string(value: Any) -> bytes:
    if isinstance(value, str):
        return b"\x08\x01\x10\x00" + delimited(3, value.encode())
    return b"\x08\x00\x10" + varint(value or 0) + b"\x1a\x00"


def _read_raw(raw: int | bytes) -> Any:
    data = bytes_of(parts(bytes_of(raw)).get(1, b""))
    return json_codec.decode(data) if data else None


def _write_raw(value: Any) -> bytes:
    return b"" if value is None else delimited(1, json_codec.encode(value))


def _read_texts(raw: int | bytes) -> list[str]:
    return [text_of(value) for number, _, value in fields(bytes_of(raw)) if number == 1]


def _read_quantity(raw: int | bytes) -> str:
    return text_of(parts(bytes_of(raw)).get(1, b"0"))


def _write_double(value: Any) -> bytes:
    try:
        number = float(value or 0)
    except OverflowError:
        # A whole number of JSON may be larger than any double.
        number = math.inf if value > 0 else -math.inf
    return struct.pack("<d", number)


def _read_double(raw: int | bytes) -> float:
    data = bytes_of(raw)
    if len(data) != 8:
        raise DecodeError("protobuf: a double of another size")
    number = float(struct.unpack("<d", data)[0])
    if not math.isfinite(number):
        raise DecodeError(f"protobuf: {number} is no number of JSON")
    return number


def _write_bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(value or "")
    except (binascii.Error, TypeError):
        raise ValueError("not base64") from None


READ: dict[str, Callable[[int | bytes], Any]] = {
    "string": text_of,
    "int32": lambda raw: signed(number_of(raw), 32),
    "int64": lambda raw: signed(number_of(raw)),
    "bool": lambda raw: bool(number_of(raw)),
    "bytes": lambda raw: base64.b64encode(bytes_of(raw)).decode(),
    "double": _read_double,
    "quantity": _read_quantity,
    "intorstring": _read_int_or_string,
    "time": _read_seconds,
    "microtime": _read_microseconds,
    "duration": lambda raw: format_duration(signed(number_of(parts(bytes_of(raw)).get(1, 0)))),
    "raw": _read_raw,
    "texts": _read_texts,
}

WRITE: dict[str, Callable[[Any], bytes]] = {
    "string": lambda value: (value or "").encode(),
    "int32": lambda value: varint(value or 0),
    "int64": lambda value: varint(value or 0),
    "bool": lambda value: b"\x01" if value else b"\x00",
    "bytes": _write_bytes,
    "double": _write_double,
    "quantity": lambda value: delimited(1, str("0" if value is None else value).encode()),
    "intorstring": _write_int_or_string,
    "time": lambda value: _write_time(value, micro=False),
    "microtime": lambda value: _write_time(value, micro=True),
    "duration": lambda value: b"\x08" + varint(parse_duration(value) if value else 0),
    "raw": _write_raw,
    "texts": lambda value: b"".join(delimited(1, each.encode()) for each in value or ()),
}
"""What a field of the kind has on the wire, without its tag, and without the length of bytes."""

SCALARS = frozenset({"string", "int32", "int64", "bool", "bytes", "double"})
"""Kinds of which the last one counts where a field comes twice; messages are put together."""

__all__ = [
    "BYTES",
    "READ",
    "SCALARS",
    "WIRE_TYPES",
    "WRITE",
    "bytes_of",
    "parts",
    "tag",
    "text_of",
]
