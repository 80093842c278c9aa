"""Changes of a text, made all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kconv._layout.nodes import NotEditable

Text = str | Callable[[], str]
"""What is written, or what makes it when everything else is known."""


@dataclass(frozen=True, slots=True)
class _Change:
    start: int
    end: int
    text: Text


@dataclass(slots=True)
class Changes:
    """Parts of a text, and what they become; none reaches into another."""

    _changes: list[_Change] = field(default_factory=list)

    def replace(self, start: int, end: int, text: Text) -> None:
        """Put a text in place of a part."""
        self._changes.append(_Change(start, end, text))

    def insert(self, at: int, text: Text) -> None:
        """Put a text between two characters; of several there, the first one comes first."""
        self._changes.append(_Change(at, at, text))

    def count(self) -> int:
        """How many there are so far."""
        return len(self._changes)

    def forget(self, count: int) -> None:
        """Drop those that came after the first ``count``."""
        del self._changes[count:]

    def applied(self, text: str, start: int, end: int) -> str:
        """A part of the text as it is with them. Raises `NotEditable` where two meet."""
        pieces: list[str] = []
        at = start
        for change in sorted(self._changes, key=lambda each: (each.start, each.end)):
            if change.start < at or change.end > end:
                raise NotEditable("two changes meet in one place")
            pieces.append(text[at : change.start])
            pieces.append(change.text if isinstance(change.text, str) else change.text())
            at = change.end
        return "".join([*pieces, text[at:end]])
