"""How many rows a transaction has: as many as it takes about so long to write."""

from __future__ import annotations

from typing import Final

LEAST: Final = 1

GROWTH: Final = 8
"""After a batch timed out, others grow by an eighth and no longer double."""


class BatchSize:
    """Rows of the next transaction, up to ``most``, that is to take ``seconds`` at most.

    It begins with ``most``, doubles while batches are quicker, and shrinks to what fits, by half
    at most, when they are not.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self.rows = most
        self._most = most
        self._seconds = seconds
        self._timed_out = False

    def after(self, rows: int, seconds: float) -> None:
        """Note how long a transaction with so many rows took."""
        if seconds > self._seconds:
            fitting = int(rows * self._seconds / seconds)
            self.rows = max(min(self.rows, max(fitting, rows // 2)), LEAST)
            return
        step = max(self.rows // GROWTH, 1) if self._timed_out else self.rows
        fitting = int(rows * self._seconds / seconds) if seconds > 0 else self._most
        self.rows = max(min(self.rows + step, max(fitting, self.rows), self._most), LEAST)

    def timed_out(self, rows: int) -> None:
        """Note that a transaction with so many rows was cut short: half as many fit, perhaps."""
        self._timed_out = True
        self.rows = max(rows // 2, LEAST)
