"""From a protobuf message to the JSON of the same object."""

from __future__ import annotations

from typing import Any

from kconv._codec import DEPTH
from kconv._errors import DecodeError, TooLarge
from kconv._serve.protobuf.known import READ, SCALARS, WIRE_TYPES, bytes_of, text_of
from kconv._serve.protobuf.table import ALWAYS_BUT_NOT_IN_JSON, Field, fields_of
from kconv._serve.protobuf.wire import BYTES, FIXED64, VARINT, fields, varint_at

_SCHEMAS = {"schemaorlist", "schemaorbool", "schemaornames"}
_SCHEMA = "apiextensions.v1.JSONSchemaProps"
_ZEROS: dict[int, int | bytes] = {VARINT: 0, FIXED64: bytes(8)}
"""What an entry without a value has, by wire type; all others have no bytes."""


def to_json(message: str, data: bytes, depth: int = 0) -> dict[str, Any]:
    """The JSON-shaped value of a message; fields that the table has not are passed over.

    Raises `DecodeError` for bytes that are no such message.
    """
    if depth > DEPTH:
        raise TooLarge("protobuf: messages nest too deep")
    known = fields_of(message)
    value: dict[str, Any] = {}
    pieces: dict[int, list[bytes]] = {}
    for number, wire, raw in fields(data):
        field = known.get(number)
        if field is None:
            continue
        _, name, outer, kind, presence = field
        if outer == "list":
            value.setdefault(name, []).extend(_elements(field, wire, raw, depth))
        elif outer == "map":
            _expect(BYTES, wire, name)
            key, item = _entry(kind, bytes_of(raw), depth)
            value.setdefault(name, {})[key] = item
        elif kind in SCALARS:
            _expect(WIRE_TYPES.get(kind, BYTES), wire, name)
            item = READ[kind](raw)
            if item or presence != ALWAYS_BUT_NOT_IN_JSON:
                value[name] = item
            else:
                value.pop(name, None)
        else:
            _expect(BYTES, wire, name or kind)
            pieces.setdefault(number, []).append(bytes_of(raw))
    # As few calls for a level as may be: Python bounds how deep they go.
    for number, found in pieces.items():
        # A message that comes in pieces is that of the pieces together.
        field = known[number]
        item = _value(field.kind, b"".join(found), depth)
        if not field.name:
            value.update(item)
        elif item is not None:
            value[field.name] = item
    return value


def _elements(field: Field, wire: int, raw: int | bytes, depth: int) -> list[Any]:
    kind = field.kind
    expected = WIRE_TYPES.get(kind, BYTES)
    if wire == BYTES and expected == VARINT:
        packed, at, found = bytes_of(raw), 0, []
        while at < len(packed):
            number, at = varint_at(packed, at)
            found.append(READ[kind](number))
        return found
    _expect(expected, wire, field.name)
    return [_value(kind, raw, depth)]


def _entry(kind: str, data: bytes, depth: int) -> tuple[str, Any]:
    key = ""
    value: int | bytes = _ZEROS.get(WIRE_TYPES.get(kind, BYTES), b"")
    for number, _, part in fields(data):
        if number == 1:
            key = text_of(part)
        elif number == 2:
            value = part
    return key, _value(kind, value, depth)


def _value(kind: str, raw: int | bytes, depth: int) -> Any:
    read = READ.get(kind)
    if read is not None:
        return read(raw)
    if kind in _SCHEMAS:
        return _schema_or(kind, bytes_of(raw), depth)
    return to_json(kind, bytes_of(raw), depth + 1)


def _schema_or(kind: str, data: bytes, depth: int) -> Any:
    """A JSON schema, or what stands in its place: several, true or false, names of fields."""
    schema: Any = None
    others: list[Any] = []
    allows = False
    for number, _, raw in fields(data):
        of_schema = number == (2 if kind == "schemaorbool" else 1)
        if of_schema:
            schema = to_json(_SCHEMA, bytes_of(raw), depth + 1)
        elif kind == "schemaorbool":
            allows = bool(raw)
        elif kind == "schemaorlist":
            others.append(to_json(_SCHEMA, bytes_of(raw), depth + 1))
        else:
            others.append(text_of(raw))
    if schema is not None and not others:
        return schema
    return allows if kind == "schemaorbool" else others


def _expect(wanted: int, wire: int, name: str) -> None:
    if wire != wanted:
        raise DecodeError(f"protobuf: wire type {wire} for the field {name}")
