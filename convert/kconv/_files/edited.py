"""A converted file as it is to be written: edited, not dumped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kconv._errors import InvalidObject

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_REMEDY = "--full writes the objects in full, without comments"


@dataclass(frozen=True, slots=True)
class EditedFile:
    """The bytes of a file after its conversion.

    ``orphans`` are comments of fields that are gone, each with its line before: they are where
    the fields were.
    """

    data: bytes
    orphans: tuple[tuple[int, str], ...] = ()


def edited(
    name: str,
    format: str,
    data: bytes,
    values: Mapping[int, Callable[[], dict[str, Any]]],
) -> EditedFile:
    """A file whose documents say something else, by their numbers from 0.

    Raises `InvalidObject`, with a line for each document that cannot be edited.
    """
    from kconv._layout import NotEditable, edit_json, edit_yaml  # who writes nothing needs it not

    if not values:
        return EditedFile(data)
    try:
        text = _text(data)
        edit = edit_json if format == "json" else edit_yaml
        found = edit(text, {number: make() for number, make in values.items()})
    except NotEditable as error:
        raise InvalidObject(f"{name}: cannot be edited: {error}; {_REMEDY}") from None
    if found.refused:
        lines = [
            f"{name}, document {number + 1}: cannot be edited: {why}; {_REMEDY}"
            for number, why in sorted(found.refused.items())
        ]
        raise InvalidObject("\n".join(lines))
    return EditedFile(found.text.encode(), found.orphans)


def _text(data: bytes) -> str:
    from kconv._layout import NotEditable

    if data.startswith(_UTF_16):
        raise NotEditable("it is UTF-16")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise NotEditable("it is not valid UTF-8") from None
