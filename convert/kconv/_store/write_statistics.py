"""Numbers about writing, for whoever operates a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_WEIGHT: Final = 8
_MOST_TIMES: Final = 4


@dataclass(frozen=True, slots=True)
class WriteStatistics:
    """What a writer has done since it was made, and what waits for it now.

    ``queued`` writes of ``queued_bytes`` bytes wait for a turn, and ``locked`` for rows that other
    transactions have locked. ``commits`` batches of ``writes`` writes took ``seconds`` in all, the
    last of them ``last_writes`` and ``last_seconds``. ``refused`` writes found the queue full.
    """

    queued: int
    queued_bytes: int
    locked: int
    commits: int
    writes: int
    seconds: float
    last_writes: int
    last_seconds: float
    refused: int


class WriteTally:
    """Counts what a writer does, for its statistics and to know how long a batch usually takes."""

    def __init__(self) -> None:
        self.refused = 0
        self._usual = 0.0
        self._commits = self._writes = self._last_writes = 0
        self._seconds = self._last_seconds = 0.0

    def committed(self, writes: int, seconds: float, quick: float) -> None:
        """A batch of so many writes took so many seconds.

        A single long one (a checkpoint) says little about the next ones: beyond some times
        ``quick``, how long it took makes no difference to `is_quick`.
        """
        self._commits += 1
        self._writes += writes
        self._seconds += seconds
        self._last_writes, self._last_seconds = writes, seconds
        self._usual += (min(seconds, _MOST_TIMES * quick) - self._usual) / _WEIGHT

    def is_quick(self, quick: float) -> bool:
        """Whether a batch usually takes less than so many seconds."""
        return self._usual < quick

    def statistics(self, *, queued: int, queued_bytes: int, locked: int) -> WriteStatistics:
        """The numbers by now, with what waits."""
        return WriteStatistics(
            queued=queued,
            queued_bytes=queued_bytes,
            locked=locked,
            commits=self._commits,
            writes=self._writes,
            seconds=self._seconds,
            last_writes=self._last_writes,
            last_seconds=self._last_seconds,
            refused=self.refused,
        )
