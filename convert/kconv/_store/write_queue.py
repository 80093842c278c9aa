"""The queue of a writer, and which of its writes may share a transaction."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from kconv._errors import TooManyRequests, Unavailable
from kconv._store.locked_rows import LockedRows
from kconv._store.queued_write import Entry
from kconv._store.records import Key
from kconv._store.write import Outcome, Write

_MOST_WRITES: Final = 200
_MOST_BYTES: Final = 16 * 1024 * 1024

Batch = list[tuple[Entry, Write]]
"""Writes for one transaction, each to another key."""


class WriteQueue:
    """Writes in the order they came, and those set aside because their row is locked.

    The caller keeps threads from doing so at once.
    """

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self.locked: Final = LockedRows()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def first(self) -> Entry | None:
        """Who is at the front."""
        return self._entries[0] if self._entries else None

    def check_room(self, size: int, most: int, most_bytes: int) -> None:
        """Raise `TooManyRequests` where there is no room for a write of so many bytes."""
        if len(self._entries) >= most or (self.bytes and self.bytes + size > most_bytes):
            raise TooManyRequests(
                f"{len(self._entries)} writes of {self.bytes} bytes wait for the database: "
                "try again in a moment"
            )

    def append(self, entry: Entry) -> None:
        """Put one at the end."""
        self._entries.append(entry)
        self.bytes += entry.size

    def put_back(self, entries: list[Entry]) -> None:
        """Put some at the front again, in their order."""
        self._entries.extendleft(reversed(entries))
        self.bytes += sum(entry.size for entry in entries)

    def remove(self, entry: Entry) -> None:
        """Forget one that does not wait any more."""
        if entry in self._entries:
            self._entries.remove(entry)
            self.bytes -= entry.size

    def take_late(self, patience: float, waits_for: str) -> list[Entry]:
        """The writes of event loops that have waited for too long, with their outcomes.

        A thread that waits sees to that itself when it has its turn, which may just have come.
        """
        oldest = time.monotonic() - patience
        if not self._entries or self._entries[0].since > oldest:
            return []
        late: list[Entry] = []
        others: deque[Entry] = deque()
        for entry in self._entries:
            waits = entry.future is None or entry.until is not None or entry.since > oldest
            (others if waits else late).append(entry)
        self._entries = others
        for entry in late:
            self.bytes -= entry.size
            entry.outcome = _too_late(patience, waits_for)
        return late

    def next_batch(self, patience: float, waited_for: str = "") -> tuple[Batch, list[Entry]]:
        """The oldest writes, but none that another of them must go before; and those too late.

        Two writes to one key are not done at once, nor a write to an object that others rely on.
        A write that has waited for ``patience`` seconds is too late, and has its outcome.
        """
        batch: Batch = []
        later: list[Entry] = []
        late: list[Entry] = []
        written: set[Key] = set()
        relied_on: set[Key] = set()
        size = 0
        now = time.monotonic()
        while self._entries and len(batch) < _MOST_WRITES and size < _MOST_BYTES:
            entry = self._entries.popleft()
            write = entry.write
            if write is None:
                later.append(entry)
                continue
            within = write.within and write.within[0]
            if write.key in written or write.key in relied_on or within in written:
                later.append(entry)
            else:
                self.bytes -= entry.size
                if entry.abandoned:
                    continue
                if entry.until is None and now - entry.since > patience:
                    late.append(entry)
                    continue
                if write.key in self.locked:
                    self.locked.put(entry, now + patience)
                    continue
                size += entry.size
                batch.append((entry, write))
            # Those that wait for the next batch keep others from overtaking them, too.
            written.add(write.key)
            if within:
                relied_on.add(within)
        self._entries.extendleft(reversed(later))
        for entry in late:
            entry.outcome = _too_late(patience, waited_for)
        return batch, late


def interrupted(batch: Batch) -> list[Outcome | None]:
    """What writes end with whose transaction was interrupted."""
    message = "the write was interrupted; it may be stored"
    return [Unavailable(message, cause="was interrupted", may_be_done=True) for _ in batch]


def _too_late(patience: float, waits_for: str) -> Unavailable:
    """What a write ends with that has waited for too long; ``waits_for`` says for what."""
    why = f" ({waits_for})" if waits_for else ""
    return Unavailable(
        f"the database kept writes waiting for more than {patience:g} s{why}: try again",
        cause="is busy",
    )
