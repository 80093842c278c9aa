"""Kubernetes' protobuf, which its own clients prefer: bodies, answers and watches."""

from kconv._serve.protobuf.envelope import (
    MEDIA_TYPE,
    decode_object,
    encode_object,
    offered,
    watch_frame,
)

__all__ = ["MEDIA_TYPE", "decode_object", "encode_object", "offered", "watch_frame"]
