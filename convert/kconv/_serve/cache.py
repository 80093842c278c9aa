"""What was read, encoded for clients, within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

CACHE_BYTES = 64 * 1024 * 1024
"""How much the cached objects of a server may take, unless it is told otherwise."""

ENTRY_BYTES = 600
"""What an entry takes besides its bytes: its key, its objects and its place in the order."""

T = TypeVar("T")


class ByteCache(Generic[T]):
    """A cache that is bounded by the bytes it holds; the least recently used entries go first.

    Thread-safe. An entry is of one state of a row and is found only while the row's bytes are the
    same: a migration may change them without giving the object another resourceVersion.
    """

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit = limit
        self.size = 0
        self.hits = 0
        self.misses = 0
        self._entries: OrderedDict[Hashable, tuple[bytes, T, int]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable, row: bytes) -> T | None:
        """What was made of the row with this key, if its bytes still are ``row``."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry[0] != row:
                self.misses += 1
                return None
            self.hits += 1
            self._entries.move_to_end(key)
            return entry[1]

    def put(self, key: Hashable, row: bytes, made: T, size: int) -> None:
        """Keep what was made of a row, ``size`` bytes; more than the whole cache holds is not kept.

        The row's own bytes count as well, since they are kept for comparison.
        """
        size += len(row) + ENTRY_BYTES
        if size > self.limit:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            self.size += size - (old[2] if old else 0)
            self._entries[key] = (row, made, size)
            while self.size > self.limit:
                _, (_, _, freed) = self._entries.popitem(last=False)
                self.size -= freed

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self.size = 0
