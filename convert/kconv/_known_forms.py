"""JSON without the texts that make no difference to what is to be found out about it.

Objects of one kind differ in images, schedules and addresses, and are alike in which fields are
there. So what was found out about the form of one holds for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Final

from kconv._known_texts import LONGEST, KnownTexts

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


def values_of_fields(parts: Parts) -> Iterator[int]:
    """The positions of texts that are values of fields or of keys of maps."""
    return (at for at in range(3, len(parts), 2) if parts[at - 1] == b":")


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
