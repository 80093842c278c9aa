"""OpenAPI v3 documents, made from the schemas: for kubectl explain, apply and validation."""

from kconv.serve.openapi.document import openapi_document
from kconv.serve.openapi.index import OpenApi

__all__ = ["OpenApi", "openapi_document"]
