"""How much memory the objects of a server take, and what goes first when it is too much."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from kconv._scheme import Spoke
from kconv._store import ROW_BYTES
from kconv._verbs.encoded import Encoded
from kconv._verbs.memory.cached_row import CachedRow
from kconv._verbs.selectors import Subject

CACHE_BYTES = 64 * 1024 * 1024
"""How much the objects in memory may take, unless a server is told otherwise."""

PIECE_BYTES = 400
"""What the bytes of one version take besides themselves."""


class MemoryUse:
    """Counts the bytes of rows and of what was made of them, up to ``limit``.

    What was made of rows can be made again, so it goes first, the oldest before the others; then
    rows go that were read by name.
    """

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit = limit
        self.size = 0
        self.hits = 0
        """How often the bytes that a client needs were there."""
        self.misses = 0
        """How often they had to be made."""
        self._with_pieces: OrderedDict[CachedRow, None] = OrderedDict()

    def excess(self) -> int:
        """By how many bytes the limit is exceeded; 0 or less if it is not."""
        return self.size - self.limit

    def add(self, row: CachedRow) -> None:
        """A row has been taken into memory."""
        row.size = len(row.stored.data) + ROW_BYTES + _made(row)
        self.size += row.size
        if row.encoded or row.subject is not None:
            self._with_pieces[row] = None

    def remove(self, row: CachedRow) -> None:
        """A row has left memory."""
        self.size -= row.size
        row.size = 0
        self._with_pieces.pop(row, None)

    def keep_encoded(self, row: CachedRow, spoke: Spoke, made: Encoded) -> None:
        """Keep the bytes of a version, if there is room for them.

        A row that is not in memory keeps them as long as somebody works on it.
        """
        if not row.size or made.size + PIECE_BYTES < self.limit:
            self._put(row, spoke, made)
            self.drop_made()

    def keep_ahead(self, spoke: Spoke, made: Mapping[CachedRow, Encoded]) -> None:
        """Keep bytes that were made before they are asked for, counted.

        They may be too many for a moment: until `drop_made`, which others may call.
        """
        self.misses += len(made)
        for row, encoded in made.items():
            self._put(row, spoke, encoded)

    def _put(self, row: CachedRow, spoke: Spoke, made: Encoded) -> None:
        if row.size:
            old = row.encoded.get(spoke)
            self._grow(row, made.size + PIECE_BYTES - (old.size + PIECE_BYTES if old else 0))
        row.encoded[spoke] = made

    def keep_subject(self, row: CachedRow, subject: Subject) -> None:
        """Keep what selectors look at."""
        if row.subject is None:
            row.subject = subject
            if row.size:
                self._grow(row, PIECE_BYTES)
                self.drop_made()

    def _grow(self, row: CachedRow, size: int) -> None:
        row.size += size
        self.size += size
        self._with_pieces[row] = None

    def drop_made(self) -> None:
        """Drop what was made of rows while there is too much in memory."""
        while self.size > self.limit and self._with_pieces:
            row, _ = self._with_pieces.popitem(last=False)
            freed = _made(row)
            row.encoded, row.subject = {}, None
            row.size -= freed
            self.size -= freed


def _made(row: CachedRow) -> int:
    pieces = sum(each.size + PIECE_BYTES for each in row.encoded.values())
    return pieces + (PIECE_BYTES if row.subject is not None else 0)
