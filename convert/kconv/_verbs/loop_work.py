"""Work on many objects on the event loop, so that other requests have their turns meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")
K = TypeVar("K")

SLICE_SECONDS = 0.002
"""How long the loop may be kept busy at a time."""

_AT_A_TIME = 100

_COMPUTING = 2
"""Threads that compute at once. The interpreter runs one at a time, the loop being one of them."""

_limiter: RunVar[CapacityLimiter] = RunVar("kconv-computing")


async def compute(work: Callable[[], T]) -> T:
    """Do what computes for long in a thread, so that the loop has turns meanwhile.

    A thread that waits for the database belongs elsewhere: many may wait at once.
    """
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(_COMPUTING)
        _limiter.set(limiter)
    return await to_thread.run_sync(work, limiter=limiter)


class Slices:
    """Lets the loop do other things every now and then: ``await`` its `turn` for each object."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + SLICE_SECONDS

    async def turn(self) -> None:
        """Give way, if it is time to."""
        if time.perf_counter() >= self._until:
            await asyncio.sleep(0)
            self._until = time.perf_counter() + SLICE_SECONDS


class Turns(Generic[K]):
    """One at a time for each key, in the order in which they ask; for one event loop."""

    def __init__(self) -> None:
        self._locks: dict[K, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def turn(self, key: K) -> AsyncIterator[None]:
        """Wait for a turn, and have it."""
        lock, users = self._locks.get(key) or (asyncio.Lock(), 0)
        self._locks[key] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            _, users = self._locks.pop(key)
            if users > 1:
                self._locks[key] = lock, users - 1


async def each_of(items: Sequence[T], work: Callable[[T], Awaitable[object]]) -> None:
    """Do ``work`` for each item, many at a time; raises the first error once those are done."""
    for start in range(0, len(items), _AT_A_TIME):
        some = items[start : start + _AT_A_TIME]
        done = await asyncio.gather(*(work(each) for each in some), return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome
