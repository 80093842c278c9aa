"""The object in the body of a request, by its Content-Type."""

from __future__ import annotations

from dataclasses import dataclass

from kconv._pipeline import Checks, Decoded, FieldValidation, Pipeline
from kconv._scheme import Spoke
from kconv._serve.negotiation import body_format
from kconv._serve.protobuf import decode_object
from kconv._verbs.body import Body, EncodedBody


@dataclass(frozen=True, slots=True)
class ProtobufBody(Body):
    """An object in Kubernetes' protobuf envelope."""

    data: bytes

    def decode(
        self,
        pipeline: Pipeline,
        spoke: Spoke,
        field_validation: FieldValidation,
        checks: Checks = "all",
    ) -> Decoded:
        return pipeline.load(
            decode_object(self.data), spoke=spoke, field_validation=field_validation, checks=checks
        )

    def document(self) -> object:
        return decode_object(self.data)


def body_of(data: bytes, content_type: str) -> Body:
    """The body of a request. Raises `kconv._verbs.refusal.Refusal` (415)."""
    encoding = body_format(content_type)
    if encoding == "protobuf":
        return ProtobufBody(data)
    return EncodedBody(data, encoding)
