"""Scalars as they are written anew: in the quotes of those that they take the place of."""

from __future__ import annotations

import re
from typing import Any, Final

from kconv._codec import json as json_codec
from kconv._codec.yaml_scalars import is_ambiguous, needs_escapes

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./ @%+~-]*(?:[:#][A-Za-z0-9_./@%+~-]+)*\Z")
_PLAIN_FLOW: Final = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./@%+~-]*\Z")
_INDICATORS: Final = ("---", "...")


def json_text(value: Any) -> str:
    """A value as JSON has it, which YAML reads alike."""
    return json_codec.encode(value).decode()


def scalar_text(value: Any, style: str | None = None, flow: bool = False) -> str:
    """A scalar as YAML; ``style`` are the quotes to use where the value allows it."""
    if not isinstance(value, str):
        return json_text(value)
    if needs_escapes(value) or any(each in value for each in "\n\r\t\x85"):
        return _double(value)
    if style == '"':
        return _double(value)
    if style == "'":
        return _single(value)
    plain = (_PLAIN_FLOW if flow else _PLAIN).match(value) and value == value.strip()
    if plain and not is_ambiguous(value) and not value.startswith(_INDICATORS):
        return value
    return _double(value) if flow or "'" in value else _single(value)


def _single(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


_ESCAPED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\U00010000-\U0010ffff]"
)


def _double(value: str) -> str:
    """In double quotes, with what readers do not agree on escaped as all of them read it."""
    return _ESCAPED.sub(_escape, json_text(value))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
