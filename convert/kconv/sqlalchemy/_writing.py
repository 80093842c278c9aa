"""`Encoded`: a document as it is to be stored, with the version that its bytes are in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, null

from kconv._codec import json as json_codec
from kconv._errors import ConversionError
from kconv._paths import describe
from kconv._pipeline import Pipeline, converts_to
from kconv._scheme import Spoke
from kconv.sqlalchemy._tracked import plain


@dataclass(frozen=True, slots=True)
class Encoded:
    """The bytes of a document column, and what goes into the other columns with them."""

    raw: bytes
    value: Any
    api_version: str
    kept: bytes | None = None


def kept_value(column: Column[Any], kept: bytes | None) -> Any:
    """What a statement writes into the column of kept values, by its own type."""
    if kept is None:
        return null()
    if isinstance(column.type, LargeBinary):
        return kept
    return json_codec.decode(kept) if isinstance(column.type, JSON) else kept.decode()


def encode(pipeline: Pipeline, document: Mapping[str, Any], spoke: Spoke, target: Spoke) -> bytes:
    """A document of the version ``spoke`` as bytes of the version ``target``.

    Raises `DecodeError` and `InvalidObject` for what is no valid document, and `ConversionError`
    for one that would lose something that no rule declares lost.
    """
    decoded = pipeline.load(plain(document), spoke=spoke)
    if target is spoke:
        return pipeline.encode(decoded)
    converted, losses = converts_to(pipeline, decoded, target)
    found = [each.finding for each in losses if not each.reason]
    if found:
        raise ConversionError(
            f"{decoded.ref}: {target.api_version}, which documents are stored in, cannot hold all "
            f"of it: {describe(found)}",
            about=decoded.ref,
            findings=found,
        )
    return pipeline.encode(converted)
