"""Waiting, on an event loop, for writes that are about to come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

_TURNS: Final = 3
"""Turns of a loop in which a request whose bytes have come gets as far as its write."""

_MOST_TURNS: Final = 16
"""Turns that the first write waits at most, whatever comes: in each there may be much to do."""

_MANY: Final = 64
"""Writes that are enough for a batch: for each of more, what a batch costs is next to nothing."""


def gather(
    loop: asyncio.AbstractEventLoop,
    queued: Callable[[], int],
    commit: Callable[[], None],
    last: int | None,
) -> None:
    """Call ``commit`` on a loop once some turns have brought no more than are ``queued``.

    A turn in which nothing happens takes microseconds, a batch of its own a tenth of what it costs
    the disk. ``last`` is how many there were last time: who writes alone waits for nobody. Nor does
    anybody where it is None.
    """

    def turn(known: int, left: int, in_all: int) -> None:
        found = queued()
        if found > known:
            left = _TURNS
        goes_on = left and in_all and found < _MANY
        if last is not None and goes_on and max(found, last) > 1:
            loop.call_soon(turn, found, left - 1, in_all - 1)
        else:
            commit()

    loop.call_soon(turn, 0, _TURNS, _MOST_TURNS)
