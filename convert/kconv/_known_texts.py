"""What was found out about JSON that comes again and again, by its text."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

T = TypeVar("T")

MOST_BYTES: Final = 256 * 1024
"""How much text there may be."""

LONGEST: Final = 16 * 1024
"""How long a text may be that is kept."""

_MOST_CREDIT: Final = 64
_OF_A_HIT: Final = 4
_TRIAL: Final = 16
_PAUSE: Final = 1024


class KnownTexts(Generic[T]):
    """What is known of texts; when they are too many, all are forgotten.

    To look for a text that never comes again costs, too: who asks `is_of_use` before, is told not
    to where fewer than a fifth of the last ones had come before; now and then it is tried again.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._found: dict[bytes, T] = {}
        self._bytes = 0
        self._credit = _MOST_CREDIT
        self._pause = 0

    def is_of_use(self) -> bool:
        """Whether to look for the next text at all."""
        if self._credit > 0:
            return True
        self._pause += 1
        if self._pause == 1:
            self._forget()
        elif self._pause > _PAUSE:
            self._credit, self._pause = _TRIAL, 0
        return False

    def get(self, text: bytes) -> T | None:
        """What is known of a text."""
        found = self._found.get(text)
        if found is None:
            self._credit -= 1
        else:
            self.came_again()
        return found

    def came_again(self) -> None:
        """A text was known, which has been found out without this."""
        self._credit = min(self._credit + _OF_A_HIT, _MOST_CREDIT)

    def keep(self, text: bytes, found: T) -> None:
        """Keep something, unless its text is long."""
        if len(text) > LONGEST:
            return
        if self._bytes + len(text) > self._most:
            self._forget()
        self._found[text] = found
        self._bytes += len(text)

    def _forget(self) -> None:
        self._found, self._bytes = {}, 0
