"""JSON without the texts that make no difference to what is to be found out about it.

Objects of one kind differ in images, schedules and addresses, and are alike in which fields are
there. So what was found out about the form of one holds for the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Final, Generic, NamedTuple, TypeVar

from kconv._known_texts import LONGEST, KnownTexts

T = TypeVar("T")

_MOST_BYTES: Final = 64 * 1024
"""How much text of forms is kept; what is known of one may take ten times as much."""

Parts = Sequence[bytes]
"""A JSON text without escapes, split at its quotes: every other part is a text."""

_Chosen = Callable[[Parts], tuple[bytes, ...]]


class Forms:
    """Takes those texts out of compact JSON that are values and that ``kept`` does not name.

    ``kept`` gets the parts of a text, and gives the positions of the values that make a difference.
    It is asked once for all texts that are the same but for values; whether one is empty is no such
    difference.
    """

    def __init__(self, kept: Callable[[Parts], Iterable[int]]) -> None:
        self._kept = kept
        self._names: KnownTexts[_Chosen] = KnownTexts(_MOST_BYTES)
        self._values: KnownTexts[_Chosen] = KnownTexts(_MOST_BYTES)

    def of(self, text: bytes) -> bytes:
        """What is left of a text, which equals that of no text that differs in more.

        It is the text itself where that has escapes, or is long.
        """
        if len(text) > LONGEST or b"\\" in text:
            return text
        # Without escapes every other part is within quotes.
        parts = text.split(b'"')
        if b"" in parts[1::2]:
            return text
        form = b'"'.join(parts[::2])
        choose = self._names.get(form)
        if choose is None:
            choose = _chosen(_positions_of_names(parts))
            self._names.keep(form, choose)
        # No part is empty, so that two quotes tell where the next ones begin.
        head = b'""'.join((form, b'"'.join(choose(parts))))
        choose = self._values.get(head)
        if choose is None:
            choose = _chosen(sorted(self._kept(parts)))
            self._values.keep(head, choose)
        return b'""'.join((head, b'"'.join(choose(parts))))

    def pattern(self, text: bytes) -> re.Pattern[bytes]:
        """What the texts match, from end to end, that have the form of one without escapes."""
        parts = text.split(b'"')
        free = {*values_of_fields(parts)}.difference(self._kept(parts))
        pieces = [_ANY if at in free else re.escape(part) for at, part in enumerate(parts)]
        return re.compile(b'"'.join(pieces))


_ANY: Final = rb'[^"\\]+'


class KnownForms(Generic[T]):
    """What is known of texts by their forms, as `KnownTexts` of texts that are the same.

    A form that has come often becomes a pattern: to match that takes a quarter of the time that it
    takes to find out the form. Two patterns are tried before, those that were found last for texts
    with as many quotes: to try more would take longer than the form where many come in turns.
    """

    def __init__(self, forms: Forms, most_bytes: int = _MOST_BYTES) -> None:
        self._forms = forms
        self._known: KnownTexts[_Known[T]] = KnownTexts(most_bytes)
        self._patterns: dict[int, tuple[_Pattern[T], ...]] = {}

    def is_of_use(self) -> bool:
        """Whether to look for the next text at all."""
        return self._known.is_of_use()

    def get(self, text: bytes) -> T | None:
        """What is known of a text."""
        quotes = text.count(b'"')
        patterns = self._patterns.get(quotes, ())
        for pattern in patterns:
            if pattern.matches(text):
                self._known.came_again()
                return pattern.found
        form = self._forms.of(text)
        known = self._known.get(form)
        if known is None:
            return None
        known.times += 1
        # What is its own form has no values that make no difference.
        if known.times >= _OFTEN and form is not text and len(text) <= LONGEST_PATTERN:
            if known.pattern is None:
                known.pattern = _Pattern(self._forms.pattern(text).fullmatch, known.found)
            if len(self._patterns) == _PATTERNS and not patterns:
                del self._patterns[next(iter(self._patterns))]
            self._patterns[quotes] = (known.pattern, *patterns[:1])
        return known.found

    def keep(self, text: bytes, found: T) -> None:
        """Keep what holds for all texts of the form of one."""
        self._known.keep(self._forms.of(text), _Known(found))


class _Pattern(NamedTuple, Generic[T]):
    """What matches the texts of a form, and what is known of them."""

    matches: Callable[[bytes], re.Match[bytes] | None]
    found: T


class _Known(Generic[T]):
    """What is known of a form, and how often it has been found."""

    __slots__ = ("found", "pattern", "times")

    def __init__(self, found: T) -> None:
        self.found = found
        self.times = 0
        self.pattern: _Pattern[T] | None = None


_OFTEN: Final = 32
"""How often a form is looked up before it is made a pattern, which takes half a millisecond."""

LONGEST_PATTERN: Final = 4 * 1024
"""Bytes of a text whose form may become a pattern."""

_PATTERNS: Final = 16
"""Numbers of quotes for which there are patterns to be tried."""


def values_of_fields(parts: Parts) -> Iterator[int]:
    """The positions of texts that are values of fields or of keys of maps."""
    return (at for at in range(3, len(parts), 2) if parts[at - 1].strip() == b":")


def _positions_of_names(parts: Parts) -> list[int]:
    """Those of keys and of elements of lists, which the parts outside of quotes tell."""
    values = set(values_of_fields(parts))
    return [at for at in range(1, len(parts), 2) if at not in values]


def _chosen(positions: Sequence[int]) -> _Chosen:
    """What takes the parts at some positions."""
    match positions:
        case []:
            return lambda parts: ()
        case [at]:
            return lambda parts: (parts[at],)
    return itemgetter(*positions)
