"""Writes whose row another transaction has locked, set aside so that the others go on."""

from __future__ import annotations

from collections import Counter
from typing import Final

from kconv._errors import Unavailable
from kconv._store.objects import about
from kconv._store.queued_write import Entry
from kconv._store.records import Key

_SOON: Final = 0.002
_LATEST: Final = 0.02


class LockedRows:
    """The writes that wait for locked rows, in the order they came.

    They are all tried again together, soon at first and less often later on. The caller
    keeps threads from doing so at once.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._keys: Counter[Key] = Counter()
        self._pause = _SOON

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def put(self, entry: Entry, until: float) -> None:
        """Set a write aside; ``until`` counts from the first time."""
        assert entry.write is not None
        if entry.until is None:
            entry.until = until
            self._pause = _SOON
        if entry.woken is not None:
            entry.woken.clear()
        self._entries.append(entry)
        self._keys[entry.write.key] += 1

    def remove(self, entry: Entry) -> None:
        """Forget a write that nobody waits for any more."""
        if entry in self._entries:
            assert entry.write is not None
            self._entries.remove(entry)
            self._keys[entry.write.key] -= 1
            self._keys += Counter()

    def take(self) -> list[Entry]:
        """All of them, to be tried again."""
        entries, self._entries = self._entries, []
        self._keys.clear()
        return entries

    def next_pause(self) -> float:
        """The seconds until they are to be tried again."""
        pause, self._pause = self._pause, min(self._pause * 2, _LATEST)
        return pause


def still_locked(entry: Entry) -> Unavailable:
    """What the caller of a write gets whose row was locked for too long."""
    assert entry.write is not None
    key = entry.write.key
    return Unavailable(
        f'{key.qualified} "{key.name}" is locked by another transaction: try again',
        about=about(key),
        cause="has the object locked for another transaction",
    )
