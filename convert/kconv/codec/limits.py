"""How large and how deep a document may be."""

from __future__ import annotations

from typing import Any, Final

from kconv.errors import TooLarge

LIMIT = 3 * 1024 * 1024
"""Bytes that a document may have; the API server's limit for a request body."""

DEPTH = 200
"""Levels that a document may nest. The deepest type of Kubernetes nests about 20."""

NODES = 1_000_000
"""Values that a YAML document may expand to once its aliases are followed."""


FILE_LIMIT = 64 * LIMIT
"""Bytes that a file of many documents, or an exported list, may have on the command line."""


def check_size(data: bytes, limit: int = LIMIT) -> None:
    """Raise `TooLarge` for more bytes than ``limit``."""
    if len(data) > limit:
        raise TooLarge(f"Request entity too large: limit is {limit}")


_CONTAINERS: Final = (dict, list)


def check_depth(value: Any) -> None:
    """Raise `TooLarge` for a value that nests deeper than a document may."""
    level = [value] if value and isinstance(value, _CONTAINERS) else []
    for _ in range(DEPTH):
        if not level:
            return
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, _CONTAINERS)
        ]
    if level:
        raise too_deep()


def too_deep() -> TooLarge:
    """The error of a document that nests too deep."""
    return TooLarge(f"the document nests deeper than {DEPTH} levels")
