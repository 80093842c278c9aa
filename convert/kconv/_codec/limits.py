"""How large and how deep a document may be."""

from __future__ import annotations

from typing import Any

from kconv._errors import TooLarge
from kconv._nesting import nests_deeper
from kconv._paths import DEPTH

LIMIT = 3 * 1024 * 1024
"""Bytes that a document may have; the API server's limit for a request body."""

NODES = 1_000_000
"""Values that a YAML document may expand to once its aliases are followed."""


FILE_LIMIT = 64 * LIMIT
"""Bytes that a file of many documents, or an exported list, may have on the command line."""


def check_size(data: bytes, limit: int = LIMIT) -> None:
    """Raise `TooLarge` for more bytes than ``limit``."""
    if len(data) > limit:
        raise TooLarge(f"Request entity too large: limit is {limit}")


def check_depth(value: Any) -> None:
    """Raise `TooLarge` for a value that nests deeper than a document may."""
    if nests_deeper(value, DEPTH):
        raise too_deep()


def too_deep() -> TooLarge:
    """The error of a document that nests too deep."""
    return TooLarge(f"the document nests deeper than {DEPTH} levels")
