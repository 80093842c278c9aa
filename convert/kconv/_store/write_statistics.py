"""Numbers about writing, for whoever operates a server."""

from __future__ import annotations

from dataclasses import dataclass


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
