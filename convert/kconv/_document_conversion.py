"""`convert_document`: one document from one version to another, with what it loses by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kconv._codec import json as json_codec
from kconv._document import Document
from kconv._errors import ConversionError
from kconv._paths import describe
from kconv._pipeline import Lost, Pipeline, converts_to
from kconv._pipeline.kept_values import with_kept, without_kept


@dataclass(frozen=True, slots=True)
class DocumentConversion:
    """A document in another version.

    ``value`` is the document, ``losses`` what the version cannot hold of it, ``kept`` what it keeps
    of other versions, where that was asked for apart, and ``warnings`` are about what was ignored.
    """

    value: dict[str, Any]
    losses: tuple[Lost, ...] = ()
    kept: dict[str, Any] | None = None
    warnings: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """The document as JSON."""
        return json_codec.encode(self.value)


def convert_document(
    pipeline: Pipeline,
    document: bytes | str | Mapping[str, Any],
    source: type[Document],
    target: type[Document],
    *,
    strict: bool = False,
    apart: bool = False,
    kept: Mapping[str, Any] | None = None,
) -> DocumentConversion:
    """Convert a document, JSON or a dict, from the version ``source`` to the version ``target``.

    With ``apart``, what it keeps of other versions is not in the document: ``kept`` is what was
    stored beside it, and the result has what is to be stored beside it now. A ``strict``
    conversion refuses any loss.

    Raises `DecodeError` and `InvalidObject` for what is no document of the version, and
    `ConversionError` for one that does not convert, or loses something although that is refused.
    """
    spokes = [pipeline.scheme.spoke_of_schema(each) for each in (source, target)]
    if isinstance(document, Mapping):
        decoded = pipeline.load(
            dict(document), spoke=spokes[0], field_validation="Warn", checks="fields"
        )
    else:
        data = document.encode() if isinstance(document, str) else document
        decoded = pipeline.decode(data, spoke=spokes[0], field_validation="Warn", checks="fields")
    if apart:
        decoded = with_kept(decoded, kept)
    converted, losses = converts_to(pipeline, decoded, spokes[1])
    if strict and losses:
        findings = [each.finding for each in losses]
        raise ConversionError(
            f"{decoded.ref}: {spokes[1].api_version} cannot hold all of it: {describe(findings)}",
            about=decoded.ref,
            findings=findings,
        )
    left = None
    if apart:
        converted, left = without_kept(converted)
    return DocumentConversion(pipeline.dump(converted), tuple(losses), left, decoded.warnings)
