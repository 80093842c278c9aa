"""Kubernetes' protobuf envelope (``runtime.Unknown``): four magic bytes, type, and the object."""

from __future__ import annotations

from typing import Any

from kconv._errors import DecodeError, UsageError
from kconv._gvk import GroupVersion, GroupVersionKind
from kconv._serve.protobuf.messages import table, to_json
from kconv._serve.protobuf.wire import fields
from kconv._verbs.refusal import Refusal

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_TYPE, _RAW, _ENCODING = 1, 2, 3


def decode_object(data: bytes) -> dict[str, Any]:
    """The document in an envelope, as its JSON would be.

    Raises `DecodeError` for bytes that are no envelope, and `kconv._verbs.refusal.Refusal` (415)
    for a kind whose messages are not known.
    """
    if not data.startswith(_MAGIC):
        raise DecodeError("provided data does not appear to be a protobuf message")
    parts = dict(fields(data[len(_MAGIC) :]))
    kind_parts = dict(fields(_bytes(parts.get(_TYPE, b""))))
    api_version = _bytes(kind_parts.get(1, b"")).decode("utf-8", "replace")
    kind = _bytes(kind_parts.get(2, b"")).decode("utf-8", "replace")
    if parts.get(_ENCODING):
        raise DecodeError("protobuf: encoded contents are not supported")
    message = _message_of(api_version, kind)
    document = to_json(message, _bytes(parts.get(_RAW, b"")))
    return {"kind": kind, "apiVersion": api_version, **document}


def _message_of(api_version: str, kind: str) -> str:
    if kind == "DeleteOptions":
        return "meta.v1.DeleteOptions"
    try:
        gvk: GroupVersionKind = GroupVersion.parse(api_version).kind(kind)
    except UsageError:
        raise DecodeError("Object 'Kind' is missing in the protobuf envelope") from None
    message = f"{gvk.group.partition('.')[0] or 'core'}.{gvk.version}.{gvk.kind}"
    if message not in table():
        raise Refusal(
            "UnsupportedMediaType",
            f"{gvk} cannot be read from {MEDIA_TYPE} - accepted media types include: "
            "application/json, application/yaml",
        )
    return message


def _bytes(raw: int | bytes) -> bytes:
    if not isinstance(raw, bytes):
        raise DecodeError("protobuf: a malformed envelope")
    return raw
