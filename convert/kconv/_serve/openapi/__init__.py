"""OpenAPI documents, made from the schemas: for kubectl explain, apply and validation."""

from kconv._serve.openapi.document import openapi_document
from kconv._serve.openapi.index import OpenApi
from kconv._serve.openapi.v2 import PROTOBUF, PROTOBUF_SENT, v2_document, v2_protobuf

__all__ = ["PROTOBUF", "PROTOBUF_SENT", "OpenApi", "openapi_document", "v2_document", "v2_protobuf"]
