"""Reading Kubernetes' protobuf, which kubectl's typed commands write (``kubectl create``)."""

from kconv._serve.protobuf.envelope import MEDIA_TYPE, decode_object

__all__ = ["MEDIA_TYPE", "decode_object"]
