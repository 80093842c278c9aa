"""Conditions on rows: which of them a first slice of a migration takes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

import msgspec

from kconv._errors import UsageError
from kconv.place import Row, key_names, key_text

_FORM: Final = re.compile(r"(?P<name>\.?[^=!]+)(?P<sign>!?=)(?P<value>.*)", re.DOTALL)
_KEY: Final = "key"
_decode: Final = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Condition:
    """What a row is to have: NAME=PATTERN or NAME!=PATTERN.

    A ``name`` with a dot in front is a field of the document as it is stored, others are parts of
    the key, or ``key`` for all of it. ``*``, ``?`` and ``[a-z]`` in the ``pattern`` stand for what
    they do in a shell. A field that is not there is like none, so that only != holds of it.
    """

    name: str
    pattern: str
    negated: bool = False

    def holds(self, row: Row) -> bool:
        """Whether a row has it. Raises `UsageError` for a part that its key does not have."""
        found = _field(row.data, self.name) if self.name.startswith(".") else self._of_key(row)
        matches = found is not None and fnmatchcase(found, self.pattern)
        return matches is not self.negated

    def _of_key(self, row: Row) -> str:
        if self.name == _KEY:
            return key_text(row.key)
        names = key_names(row.key) or {}
        if self.name not in names:
            known = ", ".join([*names, _KEY])
            raise UsageError(
                f'--where: keys have no part "{self.name}": there are {known}; '
                f"a field of the document has a dot in front: .{self.name}"
            )
        return _text(names[self.name])


def parse_conditions(texts: Iterable[str]) -> tuple[Condition, ...]:
    """Read conditions, such as ``namespace=team-*`` and ``.spec.suspend=true``.

    Raises `UsageError` for what is none.
    """
    found = []
    for text in texts:
        match = _FORM.fullmatch(text)
        if match is None:
            raise UsageError(
                f'--where: "{text}" is no condition: write NAME=PATTERN or NAME!=PATTERN, such as '
                "namespace=team-* or .spec.suspend=true"
            )
        found.append(Condition(match["name"].strip(), match["value"], match["sign"] == "!="))
    return tuple(found)


def _field(data: bytes, path: str) -> str | None:
    """A field of a document, as text; None where it is not there, or is no single value."""
    try:
        value: Any = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    for name in path[1:].split("."):
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return None
    return None if isinstance(value, (dict, list)) else _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
