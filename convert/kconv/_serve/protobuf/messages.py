"""From a protobuf message to the JSON of the same object.

``messages.json`` has the field numbers of Kubernetes' messages: message -> number -> [JSON name,
kind]. The name is empty where the JSON has the message's fields inline; a kind is a scalar, a
well-known type below, another message, or ``list:`` or ``map:`` of one of these.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from kconv._codec import DEPTH
from kconv._codec import json as json_codec
from kconv._errors import DecodeError, TooLarge
from kconv._serve.protobuf.wire import fields, signed
from kconv.fields._duration import format_duration
from kconv.fields._time import format_micro_time, format_time

Table = Mapping[str, Mapping[str, tuple[str, str]]]

_OMITTED_WHEN_ZERO = frozenset(
    {
        "count",
        "failureThreshold",
        "generation",
        "hostIPC",
        "hostNetwork",
        "hostPID",
        "hostPort",
        "initialDelaySeconds",
        "observedGeneration",
        "partition",
        "periodSeconds",
        "readOnly",
        "stdin",
        "stdinOnce",
        "successThreshold",
        "timeoutSeconds",
        "tty",
    }
)
"""Numbers and booleans that Go's types hold by value: protobuf writes their zero, JSON does not."""


@cache
def table() -> Table:
    """The field numbers of every message that can be read."""
    text = files(__package__).joinpath("messages.json").read_text(encoding="utf-8")
    loaded: Table = json.loads(text)
    return loaded


def to_json(message: str, data: bytes, depth: int = 0) -> dict[str, Any]:
    """The JSON-shaped value of a message; fields that are not in the table are left out.

    Raises `DecodeError` for bytes that are no such message.
    """
    if depth > DEPTH:
        raise TooLarge("protobuf: messages nest too deep")
    known = table()[message]
    value: dict[str, Any] = {}
    for number, raw in fields(data):
        found = known.get(str(number))
        if found is None:
            continue
        name, kind = found
        outer, _, inner = kind.rpartition(":")
        if outer == "list":
            value.setdefault(name, []).append(_value(inner, raw, depth))
        elif outer == "map":
            key, item = _entry(inner, raw, depth)
            value.setdefault(name, {})[key] = item
        elif not name:
            value.update(to_json(kind, _bytes(raw), depth + 1))
        else:
            item = _value(kind, raw, depth)
            zero = item == "" or (not item and name in _OMITTED_WHEN_ZERO)
            if item is not None and not zero:
                value[name] = item
    return value


def _entry(kind: str, raw: int | bytes, depth: int) -> tuple[str, Any]:
    key: str = ""
    value: Any = {} if kind in table() else ""
    for number, part in fields(_bytes(raw)):
        if number == 1:
            key = _text(part)
        elif number == 2:
            value = _value(kind, part, depth)
    return key, value


def _value(kind: str, raw: int | bytes, depth: int) -> Any:
    match kind:
        case "string":
            return _text(raw)
        case "int":
            return signed(_number(raw))
        case "bool":
            return bool(_number(raw))
        case "bytes":
            return base64.b64encode(_bytes(raw)).decode()
        case "double":
            return float(struct.unpack("<d", _bytes(raw))[0])
        case "quantity":
            return _text(dict(fields(_bytes(raw))).get(1, b""))
        case "intorstring":
            parts = dict(fields(_bytes(raw)))
            return _text(parts.get(3, b"")) if parts.get(1) else signed(_number(parts.get(2, 0)))
        case "time" | "microtime":
            return _time(kind, _bytes(raw))
        case "duration":
            return format_duration(signed(_number(dict(fields(_bytes(raw))).get(1, 0))))
        case "raw":
            return json_codec.decode(_bytes(dict(fields(_bytes(raw))).get(1, b"null")))
    return to_json(kind, _bytes(raw), depth + 1)


def _time(kind: str, data: bytes) -> str | None:
    """A time; the empty message is Go's zero time, which JSON has as null."""
    parts = dict(fields(data))
    if not parts:
        return None
    try:
        when = datetime.fromtimestamp(signed(_number(parts.get(1, 0))), UTC)
    except (ValueError, OverflowError, OSError):
        raise DecodeError("protobuf: a time out of range") from None
    when += timedelta(microseconds=signed(_number(parts.get(2, 0))) // 1000)
    return format_micro_time(when) if kind == "microtime" else format_time(when)


def _text(raw: int | bytes) -> str:
    try:
        return _bytes(raw).decode()
    except UnicodeDecodeError:
        raise DecodeError("protobuf: a string is not valid UTF-8") from None


def _bytes(raw: int | bytes) -> bytes:
    if not isinstance(raw, bytes):
        raise DecodeError("protobuf: a number where bytes are expected")
    return raw


def _number(raw: int | bytes) -> int:
    if not isinstance(raw, int):
        raise DecodeError("protobuf: bytes where a number is expected")
    return raw
