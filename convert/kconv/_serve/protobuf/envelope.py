"""Kubernetes' protobuf envelope (``runtime.Unknown``): four magic bytes, type, and the object."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from kconv._errors import DecodeError, UsageError
from kconv._gvk import GroupVersion, GroupVersionKind
from kconv._scheme import Spoke
from kconv._serve.protobuf.known import bytes_of, parts, text_of
from kconv._serve.protobuf.read import to_json
from kconv._serve.protobuf.table import holds, is_known, message_of
from kconv._serve.protobuf.wire import delimited
from kconv._serve.protobuf.write import of_json
from kconv._structural import StructuralKind
from kconv._verbs.kind_rules import is_review
from kconv._verbs.refusal import Refusal

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_TYPE, _RAW, _ENCODING, _CONTENT_TYPE = 1, 2, 3, 4


def decode_object(data: bytes) -> dict[str, Any]:
    """The document in an envelope, as its JSON would be.

    Raises `DecodeError` for bytes that are no envelope, and `kconv._verbs.refusal.Refusal` (415)
    for a kind whose messages are not known.
    """
    if not data.startswith(_MAGIC):
        raise DecodeError("provided data does not appear to be a protobuf message")
    found = parts(data[len(_MAGIC) :])
    kind_parts = parts(bytes_of(found.get(_TYPE, b"")))
    api_version = text_of(kind_parts.get(1, b""))
    kind = text_of(kind_parts.get(2, b""))
    if found.get(_ENCODING):
        raise DecodeError("protobuf: encoded contents are not supported")
    message = _readable(api_version, kind)
    document = to_json(message, bytes_of(found.get(_RAW, b"")))
    return {"kind": kind, "apiVersion": api_version, **document}


def _readable(api_version: str, kind: str) -> str:
    try:
        gvk: GroupVersionKind = GroupVersion.parse(api_version).kind(kind)
    except UsageError:
        raise DecodeError("Object 'Kind' is missing in the protobuf envelope") from None
    message = message_of(gvk)
    if not is_known(message):
        raise Refusal(
            "UnsupportedMediaType",
            f"{gvk} cannot be read from {MEDIA_TYPE} - accepted media types include: "
            "application/json, application/yaml",
        )
    return message


def encode_object(document: Mapping[str, Any]) -> bytes:
    """A document in an envelope: an object, a list, a Status.

    Raises ``LookupError`` for a kind whose messages are not known, and what
    `kconv._serve.protobuf.write.of_json` raises.
    """
    kind = document["kind"]
    # The versions of the core group are listed without an apiVersion.
    api_version = document.get("apiVersion") or "v1"
    message = message_of(GroupVersion.parse(api_version).kind(kind))
    if not is_known(message):
        raise LookupError(message)
    type_meta = delimited(1, api_version.encode()) + delimited(2, kind.encode())
    return b"".join(
        (
            _MAGIC,
            delimited(_TYPE, type_meta),
            delimited(_RAW, of_json(message, document)),
            delimited(_ENCODING, b""),
            delimited(_CONTENT_TYPE, b""),
        )
    )


def watch_frame(event: str, encoded: bytes) -> bytes:
    """An event of a watch: its length in four bytes, and a ``WatchEvent`` without an envelope.

    ``encoded`` is its object in one.
    """
    message = delimited(1, event.encode()) + delimited(2, delimited(1, encoded))
    return len(message).to_bytes(4, "big") + message


def offered(spoke: Spoke) -> bool:
    """Whether objects of a version can be written, and lists of them, without losing a field.

    Reviews come in no lists.
    Those of CRDs never are, as in Kubernetes, whatever their group.
    """
    return not isinstance(spoke.kind, StructuralKind) and _offered(spoke)


@lru_cache(10_000)
def _offered(spoke: Spoke) -> bool:
    gvk = spoke.gvk
    listed = message_of(GroupVersionKind(gvk.group, gvk.version, spoke.options.list_kind))
    has_list = is_known(listed) or is_review(spoke.kind)
    return has_list and holds(message_of(gvk), spoke.schema)
