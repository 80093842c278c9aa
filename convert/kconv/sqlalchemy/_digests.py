"""Whether a document is what it was: by its bytes, or by its value (JSONB)."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any


def digest(raw: bytes, *, by_value: bool) -> bytes:
    """SHA-256 of a document; ``by_value`` of what it says, however it is spelled (JSONB)."""
    return sha256(_canonical(raw) if by_value else raw).digest()


def mark_of(raw: bytes, version: object) -> int:
    """What tells whether a row is still as it was read: 64 bits, as databases have integers."""
    found = sha256(raw)
    found.update(repr(version).encode("utf-8", "surrogatepass"))
    return int.from_bytes(found.digest()[:8], "big", signed=True)


def _canonical(raw: bytes) -> bytes:
    try:
        value = json.loads(raw, parse_float=_number, parse_int=_number)
    except (ValueError, RecursionError):
        return raw
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _number(text: str) -> Any:
    """A number in a form that is the same for 1.0, 1 and 1e0, and is no other JSON value."""
    try:
        value = Decimal(text).normalize()
    except InvalidOperation:
        return {"": text}
    return {"": "0" if value.is_zero() else str(value)}
