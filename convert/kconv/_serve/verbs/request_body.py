"""What the verbs share: reading the object in a request's body, with all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._errors import DecodeError, InvalidObject, Problem
from kconv._pipeline import Decoded, FieldValidation
from kconv._serve.negotiation import BodyFormat, body_format
from kconv._serve.protobuf import decode_object
from kconv._serve.resource_request import Call
from kconv._serve.status import Refusal, invalid

Meta = dict[str, Any]


def decode_body(
    call: Call,
    field_validation: FieldValidation,
    before_rules: Callable[[Meta], Iterable[Problem]],
) -> Decoded:
    """The object in the body, of the version that the URL names.

    ``before_rules`` gets the object's metadata when the object breaks rules: it may
    refuse for a reason that comes first, and returns what is wrong with the
    metadata, so that the client learns all at once.

    Raises what `kconv._pipeline.Pipeline.decode` raises, and `Refusal` (415, 422).
    """
    kind = call.spoke.options.kind
    encoding = body_format(call.content_type)
    try:
        if encoding == "protobuf":
            return call.objects.pipeline.load(
                decode_object(call.body), spoke=call.spoke, field_validation=field_validation
            )
        return call.objects.pipeline.decode(
            call.body, spoke=call.spoke, format=encoding, field_validation=field_validation
        )
    except InvalidObject as error:
        document = parse(call.body, encoding)
        raise refuse_invalid(call, document, error, before_rules) from None
    except DecodeError as error:
        if error.about is None and error.reason == "BadRequest" and not error.findings:
            raise DecodeError(
                f"the object provided is unrecognized (must be of type {kind}): {error.message}"
            ) from None
        raise


def refuse_invalid(
    call: Call,
    document: Mapping[str, Any],
    error: InvalidObject,
    before_rules: Callable[[Meta], Iterable[Problem]],
) -> Refusal:
    """The refusal of a document that breaks rules: its metadata's findings, then the others."""
    gvk = call.spoke.gvk
    meta = _decoded_metadata(call, document)
    own = list(before_rules(meta))
    reported = {(each.path, each.message) for each in own}
    others = [each for each in error.findings if (each.path, each.message) not in reported]
    return invalid(gvk.group, gvk.kind, str(meta.get("name") or ""), [*own, *others])


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
