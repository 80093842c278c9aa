"""The pace of a run: full speed where nobody else writes, and room for those who do.

On SQLite one transaction at a time writes, and one that waits for it looks again after a while: a
lock that is free for a moment only is hardly ever found free. So transactions are short while
others write, and between two of them the database is left alone for longer than they took.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

FIRST: Final = 64
"""Rows in the first transaction, before it is known what one takes and who else writes."""

LEAST: Final = 8

HELD: Final = 0.02
"""Seconds that a transaction is to take while others write."""

FREE: Final = 2.0
"""How many times as long as it was held the database is then left to the others."""

REMEMBERED: Final = 16
"""Transactions of which the quickest says what a row takes."""

LATELY: Final = 1.0
"""Seconds after their last write for which others are taken to be writing."""


class Pace:
    """How many rows the next transaction is to have, and the rest after each.

    ``written`` returns a number that a run does not change but every writer does, None where there
    is none.
    ``most`` is how many rows a transaction may have. ``rested`` are the seconds it slept in all.
    """

    def __init__(
        self,
        written: Callable[[], int | None],
        most: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.rows = min(FIRST, most)
        self.rested = 0.0
        self._most = most
        self._written = written
        self._clock = clock
        self._sleep = sleep
        self._rows_took: deque[float] = deque(maxlen=REMEMBERED)
        self._seen: int | None = None
        self._busy_until = float("-inf")

    def after(self, rows: int, seconds: float) -> None:
        """Note what a transaction with so many rows took, and leave the database to others."""
        # Waiting for the others is part of what it took; of several one has waited least.
        self._rows_took.append(seconds / max(rows, 1))
        found = self._written()
        if self._seen is not None and found != self._seen:
            self._busy_until = self._clock() + LATELY
        self._seen = found
        if self._clock() > self._busy_until:
            self.rows = min(self.rows * 2, self._most)
            return
        row = min(self._rows_took)
        fitting = int(HELD / row) if row > 0 else self._most
        self.rows = min(max(fitting, self.rows // 2, LEAST), self.rows * 2, self._most)
        pause = rows * row * FREE
        self.rested += pause
        self._sleep(pause)
