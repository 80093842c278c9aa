"""Documents without the texts that make no difference to which fields they have.

Objects of one kind differ in images, schedules and addresses, and are alike in which fields are
there. So what was found out about the fields of one holds for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Final

from kconv._known_texts import LONGEST, KnownTexts
from kconv._managed.shape import ListShape, MapShape, Shape

_MOST_BYTES: Final = 64 * 1024
"""How much text of forms is kept; what is known of one may take ten times as much."""

_Parts = Sequence[bytes]
_Chosen = Callable[[_Parts], tuple[bytes, ...]]


class Skeletons:
    """Takes those texts out of the JSON of documents of a shape, compact as it is written.

    They are the values of fields and of keys of maps, but for what tells the elements of a list
    apart. That a text is empty does make a difference, as it may be in ``empty``.
    """

    def __init__(self, shape: Shape, empty: Any) -> None:
        self._keys = {name.encode() for name in _keys(shape, set())}
        self._is_of_use = not any(_texts(empty))
        self._names: KnownTexts[_Chosen] = KnownTexts(_MOST_BYTES)
        self._values: KnownTexts[_Chosen] = KnownTexts(_MOST_BYTES)

    def of(self, text: bytes) -> bytes:
        """What is left of a text, which equals that of no document with other fields.

        It is the text itself where that has escapes, or is long.
        """
        if not self._is_of_use or len(text) > LONGEST or b"\\" in text:
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
            positions = [at for at in _positions_of_values(parts) if parts[at - 2] in self._keys]
            choose = _chosen(positions)
            self._values.keep(head, choose)
        return b'""'.join((head, b'"'.join(choose(parts))))


def _positions_of_names(parts: _Parts) -> list[int]:
    """Those of keys and of elements of lists, which the parts outside of quotes tell."""
    values = set(_positions_of_values(parts))
    return [at for at in range(1, len(parts), 2) if at not in values]


def _positions_of_values(parts: _Parts) -> Iterator[int]:
    return (at for at in range(3, len(parts), 2) if parts[at - 1] == b":")


def _chosen(positions: Sequence[int]) -> _Chosen:
    """What takes the parts at some positions."""
    match positions:
        case []:
            return lambda parts: ()
        case [at]:
            return lambda parts: (parts[at],)
    return itemgetter(*positions)


def _keys(shape: Shape, seen: set[int]) -> set[str]:
    """The fields by which elements of lists are known, anywhere."""
    found: set[str] = set()
    for kind in (shape.map, shape.list):
        if kind is None or id(kind) in seen:
            continue
        seen.add(id(kind))
        if isinstance(kind, ListShape):
            found.update(kind.keys)
        for inner in _inner(kind):
            found |= _keys(inner, seen)
    return found


def _inner(kind: MapShape | ListShape) -> Iterator[Shape]:
    if kind.element is not None:
        yield kind.element
    if isinstance(kind, MapShape):
        yield from kind.fields.values()


def _texts(value: Any) -> Iterator[bool]:
    """For each text in a document but what version it is of, whether it says anything."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("apiVersion", "kind"):
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield isinstance(value, str) and bool(value)
