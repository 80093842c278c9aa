"""Where the version of a row is: in a column, in a field of its document, or in its shape alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

VersionValue = Any
"""What the application calls a version: 1, "2", an enum's member, None for no version yet."""

Shape = Callable[[Mapping[str, Any]], VersionValue]
"""Tells the version of a document, as one of the values of ``versions``, by what is in it."""

UNREADABLE = "(unreadable)"
"""The version of a row whose version cannot be told, as its document is no JSON object."""

UNSTAMPED = "(none)"
"""The version of a row that says none."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_Raw = msgspec.Raw
_decode_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_NOTHING = (b"null", b"{}")


@dataclass(frozen=True)
class Field:
    """The version is in a field of the document, at its top; the place takes it out and puts it in.

    So the kinds need not declare it.
    """

    name: str


class Composed(NamedTuple):
    """What the columns of a row are to hold: its document, its version, and what that keeps."""

    raw: bytes
    value: VersionValue
    kept: bytes | None = None


class Unreadable(Exception):
    """The version of a row cannot be told, and its text says why."""


NO_OBJECT = "the document is not a JSON object"


def told_by(shape: Shape, document: Mapping[str, Any]) -> VersionValue:
    """What a function of the user's tells of a document. Raises `Unreadable` where it fails."""
    try:
        return shape(document)
    except Exception as error:
        # Any code of a user's own runs here: one row's failure must not end a run.
        raise Unreadable(f"shape() failed on it: {type(error).__name__}: {error}") from error


def typed(values: Iterable[VersionValue]) -> str:
    """Values of versions with their types, as in ``1, 2 (int)``."""
    names: dict[str, list[str]] = {}
    for value in values:
        names.setdefault(type(value).__name__, []).append(repr(value))
    return "; ".join(f"{', '.join(each)} ({name})" for name, each in names.items())


def document_of(raw: bytes) -> dict[str, Any]:
    """A document as a dict. Raises `Unreadable`."""
    try:
        found = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(NO_OBJECT) from error
    if not isinstance(found, dict):
        raise Unreadable(NO_OBJECT)
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


def put_kept(raw: bytes, field: str, kept: bytes | None) -> bytes:
    """A document with what it keeps, which was stored apart, in the field of its kind.

    Of what is in both, the one stored apart counts. Raises `Unreadable` for what is no JSON object.
    """
    if not kept or kept in _NOTHING:
        return raw
    apart = document_of(kept)
    if not apart:
        return raw
    inside = document_of(raw).get(field) if f'"{field}"'.encode() in raw else None
    if inside is not None:
        if not isinstance(inside, dict):
            raise Unreadable(f"its field {field} is not a JSON object")
        document = _decode_parts(raw)
        document[field] = _Raw(_encode(inside | apart))
        return _encode(document)
    # As it is spelled: what is wrong with a document must stay to be seen.
    before = raw.rstrip()[:-1].rstrip()
    comma = b"" if before.endswith(b"{") else b","
    return b"".join((before, comma, _encode(field), b":", kept.strip(), b"}"))


def take_kept(data: bytes, field: str) -> tuple[bytes, bytes | None]:
    """A document without what it keeps, and that; None where it keeps nothing.

    The rest stays as it is spelled, but for the space between fields.
    """
    if f'"{field}"'.encode() not in data:
        return data, None
    document = _decode_parts(data)
    kept = document.pop(field, None)
    if kept is None:
        return data, None
    return _encode(document), bytes(kept)
