"""Field paths, and findings about the fields they name.

Paths are written as Kubernetes writes them (``field.Path`` of apimachinery):
``spec.containers[0].image``, and ``metadata.annotations[example.com/owner]`` for a map key that
would not read as a field name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from kconv._errors import shortened

Path = tuple[str | int, ...]
"""Field names and list positions, outermost first; the empty tuple is the object itself."""


def several(names: str | Iterable[str]) -> tuple[str, ...]:
    """The names of a declaration that takes one or several: a text on its own is one name."""
    return (names,) if isinstance(names, str) else tuple(names)


class MapKey(str):
    """A key of a map as a step of a path, written in brackets: ``data[password]``.

    Without it, a key that reads as the name of a field is written as one.
    """

    __slots__ = ()


class FieldName(str):
    """The name of a field as a step of a path, written behind a dot whatever it reads as.

    So Kubernetes writes the fields of custom resources: ``spec.a/b``.
    """

    __slots__ = ()


def of_fields(path: Path) -> Path:
    """A path whose names are all those of fields, but for the keys of maps."""
    return tuple(
        FieldName(step) if isinstance(step, str) and not isinstance(step, MapKey) else step
        for step in path
    )


DEPTH = 200
"""Levels that a document may nest. The deepest type of Kubernetes nests about 20."""

REQUIRED = "FieldValueRequired"
INVALID = "FieldValueInvalid"
NOT_SUPPORTED = "FieldValueNotSupported"
TYPE_INVALID = "FieldValueTypeInvalid"
DUPLICATE = "FieldValueDuplicate"
FORBIDDEN = "FieldValueForbidden"
TOO_LONG = "FieldValueTooLong"
TOO_MANY = "FieldValueTooMany"

_FIELD_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*\Z")


NOWHERE: Path = ("<nil>",)
"""The path of what Kubernetes says beside its findings, which is about no field."""


def format_path(path: Path) -> str:
    """The path as one string, ``spec.containers[0].image``; the object itself is ``""``."""
    if path == NOWHERE:
        return "<nil>"
    parts: list[str] = []
    for step in path:
        if isinstance(step, FieldName) or (
            not isinstance(step, int | MapKey) and _FIELD_NAME.match(step)
        ):
            parts.append(f".{step}" if parts else step)
        else:
            parts.append(f"[{step}]")
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one field.

    ``reason`` is a cause reason of Kubernetes (``FieldValueRequired``, …) and ``message`` what
    Kubernetes writes for it, without the path: ``Invalid value: -1: must be …``.
    """

    path: Path
    reason: str
    message: str

    def __post_init__(self) -> None:
        # What is wrong may be megabytes long; what is said of it need not be.
        object.__setattr__(self, "message", shortened(self.message, 1_000))

    def __str__(self) -> str:
        return f"{format_path(self.path)}: {self.message}" if self.path else self.message

    def under(self, *prefix: str | int) -> Finding:
        """The same finding seen from further out: its path behind ``prefix``."""
        return Finding((*prefix, *self.path), self.reason, self.message)


_ESCAPES = {
    letter: f"\\{name}" for letter, name in zip('\a\b\f\n\r\t\v"\\', 'abfnrtv"\\', strict=True)
}


def _quoted_letter(letter: str) -> str:
    if letter.isprintable() and letter not in _ESCAPES:
        return letter
    code = ord(letter)
    if code < 0x80:
        return _ESCAPES.get(letter) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quote(value: object) -> str:
    """A value as Kubernetes quotes it in messages: texts as Go does, all else as JSON has it."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        if isinstance(value, str) and not value.isprintable():
            text = f'"{"".join(map(_quoted_letter, value))}"'
    except (TypeError, ValueError):
        text = repr(value)
    return shortened(text, 200)


def required(path: Path, detail: str = "") -> Finding:
    """A field that must be there (or must not be empty) and is not."""
    return Finding(path, REQUIRED, f"Required value: {detail}" if detail else "Required value")


def invalid(path: Path, value: object, detail: str) -> Finding:
    """A value of the right type that breaks a rule."""
    return Finding(path, INVALID, f"Invalid value: {quote(value)}: {detail}")


def not_supported(path: Path, value: object, supported: Iterable[str]) -> Finding:
    """A value outside of its enumeration."""
    names = ", ".join(json.dumps(name) for name in supported)
    return Finding(
        path, NOT_SUPPORTED, f"Unsupported value: {quote(value)}: supported values: {names}"
    )


def wrong_type(path: Path, value: object, expected: str) -> Finding:
    """A value of another JSON type than the field's."""
    return Finding(path, TYPE_INVALID, f"Invalid value: {quote(value)}: must be {expected}")


def duplicate(path: Path, value: object) -> Finding:
    """An element that a list of type set or map already holds."""
    return Finding(path, DUPLICATE, f"Duplicate value: {quote(value)}")


def forbidden(path: Path, detail: str) -> Finding:
    """A field that may not be set here."""
    return Finding(path, FORBIDDEN, f"Forbidden: {detail}")


def too_long(path: Path, most: int) -> Finding:
    """A value of more bytes than there may be."""
    return Finding(path, TOO_LONG, f"Too long: may not be more than {most} bytes")


def describe(findings: Iterable[object]) -> str:
    """All findings in one line, as Kubernetes joins them: bare for one, ``[a, b]`` for more."""
    texts = [str(finding) for finding in findings]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
