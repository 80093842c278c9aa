"""Parts of the bench: what can be measured alone, by the beginning of its name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bench.figure import Figure


class LeftOut(Exception):
    """A part cannot be measured here; the message says why, and what would help."""


@dataclass(frozen=True, slots=True)
class Part:
    """Figures that are measured together; their names begin with that of the part."""

    name: str
    figures: Callable[[], Iterator[Figure]]

    def is_named(self, words: Iterable[str]) -> bool:
        """Whether one of the words asks for it: the beginning of its name, or of a figure's."""
        return any(self.name.startswith(word) or word.startswith(self.name) for word in words)
