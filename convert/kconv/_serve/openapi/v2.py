"""The OpenAPI v2 document: there, and empty; everything is in those of v3.

kubectl asks for it before it creates what no v3 document describes. One without definitions lets
it go on to say that no such kind is served.
"""

from __future__ import annotations

from typing import Any

PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
"""What clients ask for; it is no well-formed media type, so they must not be answered with it."""

PROTOBUF_SENT = PROTOBUF.replace("@", ".")

_TITLE = "Kubernetes"


def v2_document(release: str) -> dict[str, Any]:
    """The document as JSON; ``release`` is this server's."""
    info = {"title": _TITLE, "version": release}
    return {"swagger": "2.0", "info": info, "paths": {}, "definitions": {}}


def v2_protobuf(release: str) -> bytes:
    """The document as gnostic's message ``openapi.v2.Document``: swagger is field 1, info 2."""
    info = _text(1, _TITLE.encode()) + _text(2, release.encode())
    return _text(1, b"2.0") + _text(2, info)


def _text(number: int, data: bytes) -> bytes:
    """A field of under 128 bytes."""
    return bytes((number << 3 | 2, len(data))) + data
