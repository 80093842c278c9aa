"""Giving memory back to the system that this process has had, and needs no more."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable
from typing import Final

from anyio import CapacityLimiter, to_thread

from kconv._serve.background import Background

SECONDS: Final = 60.0
"""Time between two times that free memory is given back."""


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
