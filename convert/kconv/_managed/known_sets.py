"""Sets of fields that come again and again, by the text that they have in ``managedFields``.

What a manager owns of an object rarely changes, and objects of one make have the same fields.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from kconv._managed.fields import Fields, parse
from kconv._managed.reshape import reconciled
from kconv._managed.shape import Shape

MOST_BYTES: Final = 256 * 1024
"""How much text there may be of sets that are kept; they take some ten times as much."""

LONGEST: Final = 16 * 1024
"""How long the text of a set may be that is kept."""


class Known(dict[str, Any]):
    """A set with its form in ``managedFields``, fields in order, and as its schema has it."""

    __slots__ = ("_reconciled", "written")

    def __init__(self, fields: Fields, written: Fields) -> None:
        super().__init__(fields)
        self.written = written
        self._reconciled: tuple[Shape, Fields] | None = None

    def reconciled(self, shape: Shape) -> Fields:
        """The set after changes of its schema; itself where nothing changed."""
        found = self._reconciled
        if found is None or found[0] is not shape:
            made = reconciled(shape, self)
            self._reconciled = found = (shape, made)
        return found[1]


class KnownSets:
    """Sets that were read; when they are too many, all are forgotten."""

    def __init__(self) -> None:
        self._found: dict[bytes, Known] = {}
        self._bytes = 0

    def read(self, raw: Any) -> Fields:
        """A set from a stored entry, whose fields are in order if it makes sense.

        Raises ``ValueError`` as `parse`.
        """
        text = _encode(raw)
        found = self._found.get(text)
        if found is not None:
            return found
        fields = parse(raw)
        if raw != fields:
            return fields
        made = Known(fields, raw)
        if len(text) <= LONGEST:
            if self._bytes + len(text) > MOST_BYTES:
                self._found, self._bytes = {}, 0
            self._found[text] = made
            self._bytes += len(text)
        return made


_encode = msgspec.json.Encoder().encode
