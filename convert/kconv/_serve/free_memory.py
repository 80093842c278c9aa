"""What the C library keeps of memory that is free: as little as can be had."""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Callable
from typing import Final

from anyio import CapacityLimiter, to_thread

from kconv._serve.background import Background

SECONDS: Final = 60.0
"""Time between two times that free memory is given back."""


_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2


def use_few_arenas() -> None:
    """Have all threads of this process share two heaps, where the C library is glibc.

    It gives a thread one of its own, up to eight for each processor. Threads come and go here, and
    only one at a time allocates, for it holds the interpreter's lock: many heaps are of no use to
    it, and what is free in one serves no other. ``MALLOC_ARENA_MAX`` says otherwise.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
    except (AttributeError, OSError, TypeError):
        return


def allocator_trim() -> Callable[[int], object] | None:
    """``malloc_trim`` of glibc; None where the C library has none."""
    try:
        trim: Callable[[int], object] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    return trim


class FreeMemory(Background):
    """Gives free memory back once a minute.

    glibc keeps for each thread what it has freed, unless it is at the end: pages between pieces in
    use add up, as bodies of all sizes come and go, to a process that grows for hours.
    """

    name = "kconv-free-memory"

    async def _run(self) -> None:
        trim = allocator_trim()
        if trim is None:
            return
        limiter = CapacityLimiter(1)
        while True:
            await asyncio.sleep(SECONDS)
            await to_thread.run_sync(trim, 0, limiter=limiter)
