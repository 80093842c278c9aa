"""OpenAPI documents, made from the schemas: for kubectl explain, apply and validation."""

from kconv._serve.openapi.exported import json_schema, openapi_schemas
from kconv._serve.openapi.gnostic import PROTOBUF, PROTOBUF_SENT
from kconv._serve.openapi.index import V2, V2_PROTOBUF, OpenApi, url_of

__all__ = [
    "PROTOBUF",
    "PROTOBUF_SENT",
    "V2",
    "V2_PROTOBUF",
    "OpenApi",
    "json_schema",
    "openapi_schemas",
    "url_of",
]
