"""The object in the body of a call: how it is read, with all that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._errors import DecodeError, InvalidObject, Problem
from kconv._pipeline import Checks, Decoded, FieldValidation, Format, Pipeline
from kconv._scheme import Spoke
from kconv._verbs.call import Call
from kconv._verbs.kind_rules import has_status
from kconv._verbs.refusal import Refusal, invalid

Meta = dict[str, Any]

_OWNERS = ("metadata", "ownerReferences")
"""All that can be wrong with them is told with the metadata, at the paths of Kubernetes."""


class Body(Protocol):
    """An object as a client gives it."""

    def decode(
        self,
        pipeline: Pipeline,
        spoke: Spoke,
        field_validation: FieldValidation,
        checks: Checks = "all",
    ) -> Decoded:
        """The object of a version. Raises what `kconv._pipeline.Pipeline.decode` raises."""
        ...

    def document(self) -> Any:
        """The document that it is. Raises `DecodeError`."""
        ...


@dataclass(frozen=True, slots=True)
class EncodedBody(Body):
    """An object as bytes."""

    data: bytes
    format: Format = "json"

    def decode(
        self,
        pipeline: Pipeline,
        spoke: Spoke,
        field_validation: FieldValidation,
        checks: Checks = "all",
    ) -> Decoded:
        return pipeline.decode(
            first_document(self.data) if self.format == "yaml" else self.data,
            spoke=spoke,
            format=self.format,
            field_validation=field_validation,
            checks=checks,
        )

    def document(self) -> Any:
        if self.format == "json":
            return json_codec.decode(self.data)
        documents = yaml_codec.decode_all(self.data)
        return documents[0] if documents else None


_START = re.compile(rb"^---(?=\s|$)", re.MULTILINE)


def first_document(data: bytes) -> bytes:
    """The first of the documents in a stream of YAML, as Kubernetes takes it; the rest is not read.

    A line that begins with the marker can be nothing else, not even within a text.
    """
    starts = [each.start() for each in _START.finditer(data)]
    if starts and _is_nothing(data[: starts[0]]):
        del starts[0]
    return data[: starts[0]] if starts else data


def _is_nothing(data: bytes) -> bool:
    return all(not line.strip() or line.lstrip()[:1] in (b"#", b"%") for line in data.splitlines())


@dataclass(frozen=True, slots=True)
class DocumentBody(Body):
    """An object as a document."""

    value: Any

    def decode(
        self,
        pipeline: Pipeline,
        spoke: Spoke,
        field_validation: FieldValidation,
        checks: Checks = "all",
    ) -> Decoded:
        return pipeline.load(
            self.value, spoke=spoke, field_validation=field_validation, checks=checks
        )

    def document(self) -> Any:
        return self.value


class InvalidBody(Exception):
    """An object that breaks rules. Where its metadata does, too, the client learns all at once.

    ``metadata`` is what was decoded of it; `refusal` is the answer.
    """

    def __init__(self, call: Call, document: Mapping[str, Any], error: InvalidObject) -> None:
        super().__init__(error.message)
        self.metadata = _decoded_metadata(call, document)
        self.document = document
        self.findings = error.findings
        self._gvk = call.spoke.gvk

    def refusal(self, of_metadata: Iterable[Problem]) -> Refusal:
        """The refusal (422): what is wrong with the metadata, then the others."""
        name = str(self.metadata.get("name") or "")
        return invalid(
            self._gvk.group, self._gvk.kind, name, all_findings(of_metadata, self.findings)
        )


def all_findings(of_metadata: Iterable[Problem], others: Iterable[Problem]) -> list[Problem]:
    """What is wrong with the metadata of an object, then what else is, each thing once."""
    own = list(of_metadata)
    if not own:
        return [each for each in others if each.path[:2] != _OWNERS]
    reported = {(each.path, each.message) for each in own}
    return [
        *own,
        *(
            each
            for each in others
            if (each.path, each.message) not in reported and each.path[:2] != _OWNERS
        ),
    ]


def decode_body(
    call: Call, body: Body, field_validation: FieldValidation, checks: Checks = "all"
) -> Decoded:
    """The object in a body, of the version that the call is for.

    Raises what `Body.decode` raises, but `InvalidBody` for an object that breaks rules.
    """
    try:
        decoded = body.decode(call.objects.pipeline, call.spoke, field_validation, checks)
    except InvalidObject as error:
        call.warnings.extend(error.warnings)
        raise InvalidBody(call, body.document(), error) from None
    except DecodeError as error:
        raise unrecognized(error, call.spoke.options.kind) from None
    call.warnings.extend(decoded.warnings)
    return decoded


def decode_whole(
    call: Call, body: Body, field_validation: FieldValidation, checks: Checks = "all"
) -> Decoded:
    """As `decode_body`, of a body whose status is not written where it has an endpoint of its own.

    Only the types of such a status count: clients in Go send one that is all zeros, and tools
    write it into files.
    """
    try:
        return decode_body(call, body, field_validation, checks)
    except InvalidBody as error:
        bare = without_status(call, error.document)
        if bare is None:
            raise
        # Of unknown fields the client has been told.
        return decode_body(call, DocumentBody(bare), "Ignore", checks)


def without_status(call: Call, document: Mapping[str, Any]) -> dict[str, Any] | None:
    """A document without the status that the call does not write; None if it has none."""
    if call.target.subresource or "status" not in document or not has_status(call.kind):
        return None
    return {name: item for name, item in document.items() if name != "status"}


def unrecognized(error: DecodeError, kind: str) -> DecodeError:
    """What is said of a body that is no object of a kind."""
    if error.about is not None or error.reason != "BadRequest" or error.findings:
        return error
    return DecodeError(
        f"the object provided is unrecognized (must be of type {kind}): {error.message}"
    )


def _decoded_metadata(call: Call, document: Mapping[str, Any]) -> Meta:
    """The metadata of a document whose types are right: without nulls, every field of its type."""
    gvk = call.spoke.gvk
    head = {"kind": gvk.kind, "apiVersion": gvk.api_version, "metadata": document.get("metadata")}
    decoded = call.objects.pipeline.load(head, spoke=call.spoke, trusted=True)
    metadata: Meta = decoded.value["metadata"]
    return metadata
