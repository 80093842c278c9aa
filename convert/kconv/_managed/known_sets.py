"""Sets of fields that come again and again, by the text that they have in ``managedFields``.

What a manager owns of an object rarely changes, and objects of one make have the same fields.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kconv._known_texts import KnownTexts
from kconv._managed.fields import Fields, parse
from kconv._managed.reshape import reconciled
from kconv._managed.shape import Shape


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
    """Sets that were read."""

    def __init__(self) -> None:
        # A set takes some ten times as much as its text.
        self._known: KnownTexts[Known] = KnownTexts()

    def read(self, raw: Any) -> Fields:
        """A set from a stored entry, whose fields are in order if it makes sense.

        Raises ``ValueError`` as `parse`.
        """
        text = _encode(raw)
        found = self._known.get(text)
        if found is not None:
            return found
        fields = parse(raw)
        if raw != fields:
            return fields
        made = Known(fields, raw)
        self._known.keep(text, made)
        return made


_encode = msgspec.json.Encoder().encode
