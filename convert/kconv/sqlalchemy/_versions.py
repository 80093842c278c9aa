"""Where the version of a row is: in a column, in a field of its document, or in its shape alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

VersionValue = Any
"""What the application calls a version: 1, "2", an enum's member, None for no version yet."""

Shape = Callable[[Mapping[str, Any]], VersionValue]
"""Tells the version of a document, as one of the values of ``versions``, by what is in it."""

UNREADABLE = "(unreadable)"
"""The version of a document that is no JSON object, where only the document could tell it."""

UNSTAMPED = "(none)"
"""The version of a row that says none."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Field:
    """The version is in a field of the document, at its top; the place takes it out and puts it in.

    So the kinds need not declare it.
    """

    name: str


class Unreadable(Exception):
    """A document is no JSON object."""


def document_of(raw: bytes) -> dict[str, Any]:
    """A document as a dict. Raises `Unreadable`."""
    try:
        found = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(found, dict):
        raise Unreadable
    return found


def take_out(raw: bytes, field: str) -> tuple[VersionValue, bytes, dict[str, Any]]:
    """A document's field, the bytes without it, and the rest as a dict. Raises `Unreadable`."""
    document = document_of(raw)
    if field not in document:
        return None, raw, document
    value = document.pop(field)
    return value, _encode(document), document


def put_in(data: bytes, field: str, value: VersionValue) -> bytes:
    """A document with a field more, in front of the others."""
    return _encode({field: value, **_decode(data)})
