"""Numbers about writing, for operators of a server."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

_WEIGHT: Final = 8
_MOST_TIMES: Final = 4
_FIRST_TRIAL: Final = 8
_LAST_TRIAL: Final = 512
"""Batches in the thread, after which the event loop tries again."""


@dataclass(frozen=True, slots=True)
class WriteStatistics:
    """What a writer has done since it was made, and what waits for it now.

    ``queued`` writes of ``queued_bytes`` bytes wait for a turn, and ``locked`` for rows that other
    transactions have locked. ``commits`` batches of ``writes`` writes took ``seconds`` in all, the
    last of them ``last_writes`` and ``last_seconds``. ``refused`` writes found the queue full.
    ``last_stored`` is when a write last succeeded, by `time.monotonic`; negative infinity if none
    has.
    """

    queued: int
    queued_bytes: int
    locked: int
    commits: int
    writes: int
    seconds: float
    last_writes: int
    last_seconds: float
    last_stored: float
    refused: int


class WriteTally:
    """Counts what a writer does, for its statistics and to know how prompt the disk is.

    How long a batch waits is measured on the event loop only: a thread waits for the interpreter
    as well. Where the disk was not prompt, the loop therefore tries again now and then, the more
    rarely the more often it was disappointed.
    """

    def __init__(self) -> None:
        self.refused = 0
        self._usual_wait = 0.0
        self._left_to_thread = 0
        self._until_trial = _FIRST_TRIAL
        self._commits = self._writes = self.last_writes = 0
        self._seconds = self._last_seconds = 0.0
        self._last_stored = float("-inf")

    def committed(self, writes: int, seconds: float, *, stored: bool = True) -> None:
        """A batch of so many writes took so many seconds; ``stored`` if any write succeeded."""
        self._commits += 1
        self._writes += writes
        self._seconds += seconds
        self.last_writes, self._last_seconds = writes, seconds
        if stored:
            self._last_stored = time.monotonic()
        self._left_to_thread += 1

    def waited(self, seconds: float, prompt: float) -> None:
        """A batch on the loop waited for so many seconds: for the disk, not for the processor.

        A single long wait (a checkpoint) says little about the next ones: beyond some times
        ``prompt``, how long it was makes no difference to `is_prompt`.
        """
        was_prompt = self._usual_wait < prompt
        wait = min(seconds, _MOST_TIMES * prompt)
        if was_prompt:
            self._usual_wait += (wait - self._usual_wait) / _WEIGHT
            return
        self._left_to_thread = 0
        if wait < prompt:
            self._usual_wait, self._until_trial = wait, _FIRST_TRIAL
        else:
            self._until_trial = min(2 * self._until_trial, _LAST_TRIAL)

    def is_prompt(self, prompt: float) -> bool:
        """Whether a batch usually waits for less than so many seconds, or is to find that out."""
        return self._usual_wait < prompt or self._left_to_thread >= self._until_trial

    def statistics(self, *, queued: int, queued_bytes: int, locked: int) -> WriteStatistics:
        """The numbers by now, with what waits."""
        return WriteStatistics(
            queued=queued,
            queued_bytes=queued_bytes,
            locked=locked,
            commits=self._commits,
            writes=self._writes,
            seconds=self._seconds,
            last_writes=self.last_writes,
            last_seconds=self._last_seconds,
            last_stored=self._last_stored,
            refused=self.refused,
        )
