"""What the verbs share: reading the object in a request's body, with all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._errors import DecodeError, InvalidObject, Problem
from kconv._pipeline import Decoded, FieldValidation
from kconv._serve.negotiation import BodyFormat, body_format
from kconv._serve.protobuf import decode_object
from kconv._serve.resource_request import Call
from kconv._verbs.refusal import Refusal, invalid

Meta = dict[str, Any]

_OWNERS = ("metadata", "ownerReferences")
"""All that can be wrong with them is told with the metadata, at the paths of Kubernetes."""


class InvalidBody(Exception):
    """An object that breaks rules. Where its metadata does, too, the client learns all at once.

    ``metadata`` is what was decoded of it; `refusal` is the answer.
    """

    def __init__(self, call: Call, document: Mapping[str, Any], error: InvalidObject) -> None:
        super().__init__(error.message)
        self.metadata = _decoded_metadata(call, document)
        self._gvk = call.spoke.gvk
        self._findings = error.findings

    def refusal(self, of_metadata: Iterable[Problem]) -> Refusal:
        """The refusal (422): what is wrong with the metadata, then the others."""
        own = list(of_metadata)
        reported = {(each.path, each.message) for each in own}
        others = [
            each
            for each in self._findings
            if (each.path, each.message) not in reported and each.path[:2] != _OWNERS
        ]
        name = str(self.metadata.get("name") or "")
        return invalid(self._gvk.group, self._gvk.kind, name, [*own, *others])


def decode_body(call: Call, field_validation: FieldValidation) -> Decoded:
    """The object in the body, of the version that the URL names.

    Raises what `kconv._pipeline.Pipeline.decode` raises, but `InvalidBody` for an object that
    breaks rules, and `Refusal` (415).
    """
    kind = call.spoke.options.kind
    encoding = body_format(call.content_type)
    try:
        if encoding == "protobuf":
            decoded = call.objects.pipeline.load(
                decode_object(call.body), spoke=call.spoke, field_validation=field_validation
            )
        else:
            decoded = call.objects.pipeline.decode(
                call.body, spoke=call.spoke, format=encoding, field_validation=field_validation
            )
    except InvalidObject as error:
        call.warnings.extend(error.warnings)
        raise InvalidBody(call, parse(call.body, encoding), error) from None
    except DecodeError as error:
        if error.about is None and error.reason == "BadRequest" and not error.findings:
            raise DecodeError(
                f"the object provided is unrecognized (must be of type {kind}): {error.message}"
            ) from None
        raise
    call.warnings.extend(decoded.warnings)
    return decoded


def parse(body: bytes, encoding: BodyFormat) -> Any:
    """The document in a body. Raises `DecodeError`."""
    if encoding == "protobuf":
        return decode_object(body)
    if encoding == "json":
        return json_codec.decode(body)
    documents = yaml_codec.decode_all(body)
    return documents[0] if documents else None


def _decoded_metadata(call: Call, document: Mapping[str, Any]) -> Meta:
    """The metadata of a document whose types are right: without nulls, every field of its type."""
    gvk = call.spoke.gvk
    head = {"kind": gvk.kind, "apiVersion": gvk.api_version, "metadata": document.get("metadata")}
    decoded = call.objects.pipeline.load(head, spoke=call.spoke, trusted=True)
    metadata: Meta = decoded.value["metadata"]
    return metadata
