"""The text that is edited: its lines and its comments."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from kconv._layout.nodes import Node, Scalar

_BREAK: Final = re.compile(r"\r\n|\n|\r")
_COMMENT: Final = re.compile(r"(?:^|(?<=[\s]))#[^\n\r]*", re.MULTILINE)
_SKIPPED: Final = re.compile(r"(?:\s+|(?:^|(?<=\s))#[^\n\r]*)+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: where it is, and its text from the ``#`` on."""

    start: int
    end: int
    text: str


class Source:
    """A text with its line ends, and the comments that are in it."""

    def __init__(self, text: str, roots: Iterable[Node], comments: bool = True) -> None:
        self.text = text
        found = _BREAK.search(text)
        self.newline = found[0] if found else "\n"
        self.comments = list(_comments(text, roots)) if comments and "#" in text else []
        self._starts = [comment.start for comment in self.comments]

    def line_start(self, at: int) -> int:
        """Where the line of a character begins."""
        return max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1

    def line_end(self, at: int) -> int:
        """Where the line of a character ends, before what breaks it.

        What ends behind a line break, as a block that keeps its empty lines does, ends before it.
        """
        if at and self.text[at - 1] in "\r\n":
            return at - (2 if self.text[at - 2 : at] == "\r\n" else 1)
        found = _BREAK.search(self.text, at)
        return len(self.text) if found is None else found.start()

    def next_line(self, at: int) -> int:
        """Where the line behind that of a character begins, or the text ends."""
        found = _BREAK.match(self.text, self.line_end(at))
        return len(self.text) if found is None else found.end()

    def column(self, at: int) -> int:
        """The column of a character, from 0."""
        return at - self.line_start(at)

    def line(self, at: int) -> int:
        """The number of the line of a character, from 1."""
        return len(_BREAK.findall(self.text, 0, at)) + 1

    def is_first(self, at: int) -> bool:
        """Whether there is nothing before a character on its line."""
        return not self.text[self.line_start(at) : at].strip(" \t")

    def skip(self, at: int) -> int:
        """Where what is no space and no comment comes next."""
        found = _SKIPPED.match(self.text, at)
        return at if found is None else found.end()

    def within(self, start: int, end: int) -> list[Comment]:
        """The comments that begin in a part of the text."""
        return self.comments[bisect_left(self._starts, start) : bisect_left(self._starts, end)]


def _comments(text: str, roots: Iterable[Node]) -> Iterator[Comment]:
    at = 0
    for start, end in sorted(_scalars(roots)):
        yield from _between(text, at, start)
        at = end
    yield from _between(text, at, len(text))


def _scalars(roots: Iterable[Node]) -> Iterator[tuple[int, int]]:
    """The parts of the text in which a # begins no comment."""
    for root in roots:
        for node in root.within():
            if isinstance(node, Scalar) and node.content < node.end:
                yield node.body, node.end


def _between(text: str, start: int, end: int) -> Iterator[Comment]:
    for found in _COMMENT.finditer(text, start, end):
        yield Comment(found.start(), found.end(), found[0].rstrip())
