"""What was found out about JSON that comes again and again, by its text."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

T = TypeVar("T")

MOST_BYTES: Final = 256 * 1024
"""How much text there may be."""

LONGEST: Final = 16 * 1024
"""How long a text may be that is kept."""


class KnownTexts(Generic[T]):
    """What is known of texts; when they are too many, all are forgotten."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._found: dict[bytes, T] = {}
        self._bytes = 0

    def get(self, text: bytes) -> T | None:
        """What is known of a text."""
        return self._found.get(text)

    def keep(self, text: bytes, found: T) -> None:
        """Keep something, unless its text is long."""
        if len(text) > LONGEST:
            return
        if self._bytes + len(text) > self._most:
            self._found, self._bytes = {}, 0
        self._found[text] = found
        self._bytes += len(text)
