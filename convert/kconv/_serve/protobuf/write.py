"""From the JSON of an object to its protobuf message, byte for byte as Kubernetes writes it.

Fields come in the order of their numbers. Those that Go holds by value are always there, zero or
not; a map's entries come in the order of their keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from kconv._serve.protobuf.known import WIRE_TYPES, WRITE
from kconv._serve.protobuf.table import POINTER, Field, fields_of
from kconv._serve.protobuf.wire import BYTES, delimited, tag, varint

_Write = Callable[[Any], bytes]
_SCHEMA = "apiextensions.v1.JSONSchemaProps"
_PLACES = {"schemaorlist": 1, "schemaorbool": 2, "schemaornames": 1}
"""The number of the schema in messages that hold a JSON schema or something in its place."""


def of_json(message: str, value: Mapping[str, Any] | None) -> bytes:
    """The message of a JSON-shaped object; what the message has no field for is left out.

    None is a zero that is held by value, which has the zeros of its own fields. Raises
    ``ValueError``, ``TypeError`` or ``AttributeError`` for values of other types.
    """
    value = value or {}
    written: list[bytes] = []
    for name, is_pointer, put in _plan(message):
        if not name:
            written.append(put(value))
            continue
        found = value.get(name)
        if found is not None or not is_pointer:
            written.append(put(found))
    return b"".join(written)


@cache
def _plan(message: str) -> list[tuple[str, bool, _Write]]:
    """The fields of a message: name, whether it is a pointer, and what writes it with its tag."""
    return [
        (field.name, field.presence == POINTER, _writer(field))
        for field in fields_of(message).values()
    ]


def _writer(field: Field) -> _Write:
    write = _of_kind(field.kind)
    wire = WIRE_TYPES.get(field.kind, BYTES)
    start = tag(field.number, wire)

    def one(value: Any) -> bytes:
        data = write(value)
        return start + varint(len(data)) + data if wire == BYTES else start + data

    def entries(value: Mapping[str, Any]) -> bytes:
        value_tag = tag(2, wire)
        pieces = []
        for key in sorted(value):
            data = write(value[key])
            length = varint(len(data)) if wire == BYTES else b""
            entry = delimited(1, key.encode()) + value_tag + length + data
            pieces.append(start + varint(len(entry)) + entry)
        return b"".join(pieces)

    if field.outer == "list":
        return lambda value: b"".join([one(each) for each in value])
    return entries if field.outer == "map" else one


def _of_kind(kind: str) -> _Write:
    if kind in WRITE:
        return WRITE[kind]
    if kind in _PLACES:
        return partial(_schema_or, kind)
    # Few calls for a level: Python bounds how deep they go.
    return partial(of_json, kind)


def _schema_or(kind: str, value: Any) -> bytes:
    place = _PLACES[kind]
    if isinstance(value, Mapping):
        allows = b"\x08\x01" if kind == "schemaorbool" else b""
        return allows + delimited(place, of_json(_SCHEMA, value))
    if kind == "schemaorbool":
        return b"\x08\x01" if value else b"\x08\x00"
    if kind == "schemaorlist":
        return b"".join([delimited(2, of_json(_SCHEMA, each)) for each in value])
    return b"".join(delimited(2, each.encode()) for each in value)
