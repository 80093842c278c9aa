"""What the verbs share: reading the object in a request's body, with all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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

    ``before_rules`` gets the object's metadata as the client wrote it, when the object breaks
    rules: it may refuse for a reason that comes first, and returns what is wrong with the
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
        raise refuse_invalid(call, raw_metadata(call.body, encoding), error, before_rules) from None
    except DecodeError as error:
        if error.about is None and error.reason == "BadRequest" and not error.findings:
            raise DecodeError(
                f"the object provided is unrecognized (must be of type {kind}): {error.message}"
            ) from None
        raise


def refuse_invalid(
    call: Call,
    meta: Meta,
    error: InvalidObject,
    before_rules: Callable[[Meta], Iterable[Problem]],
) -> Refusal:
    """The refusal of an object that breaks rules: its metadata's findings, then the others."""
    gvk = call.spoke.gvk
    own = list(before_rules(meta))
    told = {(each.path, each.message) for each in own}
    others = [each for each in error.findings if (each.path, each.message) not in told]
    return invalid(gvk.group, gvk.kind, str(meta.get("name") or ""), [*own, *others])


def parse(body: bytes, encoding: BodyFormat) -> Any:
    """The document in a body. Raises `DecodeError`."""
    if encoding == "protobuf":
        return decode_object(body)
    return json_codec.decode(body) if encoding == "json" else yaml_codec.decode_all(body)[0]


def raw_metadata(body: bytes, encoding: BodyFormat) -> Meta:
    """The metadata of a body that has been decoded once already."""
    document = parse(body, encoding)
    metadata = document.get("metadata") if isinstance(document, dict) else None
    return metadata if isinstance(metadata, dict) else {}
