"""An OpenAPI v2 document as a message ``openapi.v2.Document``, as kubectl before 1.27 asks for it.

The numbers are those of gnostic's ``OpenAPIv2.proto``. Only what `kconv._serve.openapi.v2` writes
is known here.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from kconv._codec import json as json_codec
from kconv._serve.protobuf.wire import delimited, tag, varint

PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
"""What clients ask for; it is no well-formed media type, so they must not be answered with it."""

PROTOBUF_SENT = PROTOBUF.replace("@", ".")

_Fields = Mapping[str, tuple[int, str]]

_BOUNDS: _Fields = {
    "multipleOf": (6, "double"),
    "maximum": (7, "double"),
    "minimum": (9, "double"),
    "maxLength": (11, "int"),
    "minLength": (12, "int"),
    "pattern": (13, "text"),
    "maxItems": (14, "int"),
    "minItems": (15, "int"),
    "uniqueItems": (16, "bool"),
    "maxProperties": (17, "int"),
    "minProperties": (18, "int"),
}
_MESSAGES: Mapping[str, _Fields] = {
    "Document": {
        "swagger": (1, "text"),
        "info": (2, "Info"),
        "paths": (8, "Paths"),
        "definitions": (9, "named:Schema"),
        "security": (12, "list:Requirement"),
        "securityDefinitions": (13, "named:SecurityDefinition"),
    },
    "Info": {"title": (1, "text"), "version": (2, "text")},
    "PathItem": {
        "get": (2, "Operation"),
        "put": (3, "Operation"),
        "post": (4, "Operation"),
        "delete": (5, "Operation"),
        "options": (6, "Operation"),
        "head": (7, "Operation"),
        "patch": (8, "Operation"),
        "parameters": (9, "list:Parameter"),
        "x-": (10, "extensions"),
    },
    "Operation": {
        "tags": (1, "list:text"),
        "summary": (2, "text"),
        "description": (3, "text"),
        "operationId": (5, "text"),
        "produces": (6, "list:text"),
        "consumes": (7, "list:text"),
        "parameters": (8, "list:Parameter"),
        "responses": (9, "Responses"),
        "deprecated": (11, "bool"),
        "x-": (13, "extensions"),
    },
    "Body": {
        "description": (1, "text"),
        "name": (2, "text"),
        "in": (3, "text"),
        "required": (4, "bool"),
        "schema": (5, "Schema"),
    },
    "Query": {
        "required": (1, "bool"),
        "in": (2, "text"),
        "description": (3, "text"),
        "name": (4, "text"),
        "type": (6, "text"),
        "format": (7, "text"),
        "uniqueItems": (20, "bool"),
    },
    "Path": {
        "required": (1, "bool"),
        "in": (2, "text"),
        "description": (3, "text"),
        "name": (4, "text"),
        "type": (5, "text"),
        "format": (6, "text"),
        "uniqueItems": (19, "bool"),
    },
    "Response": {"description": (1, "text"), "schema": (2, "SchemaItem")},
    "SchemaItem": {"schema": (1, "Schema")},
    "Schema": {
        "$ref": (1, "text"),
        "format": (2, "text"),
        "title": (3, "text"),
        "description": (4, "text"),
        "default": (5, "any"),
        **_BOUNDS,
        "required": (19, "list:text"),
        "enum": (20, "list:any"),
        "additionalProperties": (21, "schema-or-bool"),
        "type": (22, "types"),
        "items": (23, "SchemaItem"),
        "properties": (25, "named:Schema"),
        "x-": (31, "extensions"),
    },
    "ApiKey": {
        "type": (1, "text"),
        "name": (2, "text"),
        "in": (3, "text"),
        "description": (4, "text"),
    },
}


def v2_protobuf(document: Mapping[str, Any]) -> bytes:
    """The message of a document that `kconv._serve.openapi.v2.v2_document` made."""
    return _message("Document", document)


def _message(name: str, value: Mapping[str, Any]) -> bytes:
    written = []
    for key, (number, kind) in sorted(_MESSAGES[name].items(), key=lambda item: item[1][0]):
        if kind == "extensions":
            found = {each: item for each, item in value.items() if each.startswith("x-")}
            written += [delimited(number, each) for each in _named("any", found)]
        elif key in value:
            written.append(_field(number, kind, value[key]))
    return b"".join(written)


def _field(number: int, kind: str, value: Any) -> bytes:
    outer, _, inner = kind.rpartition(":")
    if outer == "list":
        return b"".join(_field(number, inner, each) for each in value)
    if outer == "named":
        pieces = _named(inner, value)
        return delimited(number, b"".join(delimited(1, each) for each in pieces))
    if kind in ("bool", "int"):
        return tag(number, 0) + varint(int(value)) if value else b""
    if kind == "double":
        return tag(number, 1) + struct.pack("<d", value) if value else b""
    return delimited(number, _bytes(kind, value))


def _bytes(kind: str, value: Any) -> bytes:
    """The contents of a text or a message."""
    match kind:
        case "text":
            return str(value).encode()
        case "any":
            # JSON is YAML, which the field is for.
            return delimited(2, json_codec.encode(value) + b"\n")
        case "types":
            return delimited(1, str(value).encode())
        case "schema-or-bool":
            if isinstance(value, bool):
                return tag(2, 0) + varint(int(value))
            return delimited(1, _message("Schema", value))
        case "SchemaItem":
            return delimited(1, _message("Schema", value))
        case "Parameter":
            return delimited(1, _parameter(value))
        case "Paths":
            return b"".join(delimited(2, each) for each in _named("PathItem", value))
        case "Responses":
            return b"".join(delimited(1, each) for each in _named("ResponseValue", value))
        case "ResponseValue":
            return delimited(1, _message("Response", value))
        case "SecurityDefinition":
            return delimited(2, _message("ApiKey", value))
        case "Requirement":
            return b"".join(delimited(1, each) for each in _named("names", value))
        case "names":
            return b"".join(delimited(1, each.encode()) for each in value)
    return _message(kind, value)


def _named(kind: str, values: Mapping[str, Any]) -> list[bytes]:
    """The entries of an object, each a message of a name and a value."""
    return [
        delimited(1, name.encode()) + delimited(2, _bytes(kind, value))
        for name, value in values.items()
    ]


def _parameter(value: Mapping[str, Any]) -> bytes:
    if value["in"] == "body":
        return delimited(1, _message("Body", value))
    number, name = (3, "Query") if value["in"] == "query" else (4, "Path")
    return delimited(2, delimited(number, _message(name, value)))
