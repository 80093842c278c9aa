"""How verbs wait: on an event loop, where others go on meanwhile, or in the thread that calls.

The verbs are coroutines. What they wait for goes through a `Waiting`, so that one way through them
serves both: `run_at_once` runs a coroutine whose waiting is `InThread` to its end, without a loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeVar

from anyio import CapacityLimiter, to_thread

from kconv._store import Key, Store, Stored, Write
from kconv._verbs.loop_work import Turns, each_of
from kconv._verbs.memory.shared_work import SharedWork

T = TypeVar("T")

ELSEWHERE_AT_ONCE = 32
"""Calls that may wait for other servers at once, beside those that wait for the database."""


class Waiting(Protocol):
    """What verbs wait for."""

    def write(self, store: Store, write: Write) -> Awaitable[Stored]:
        """A write, until it is on disk; raises what it is refused with."""
        ...

    async def blocking(self, work: Callable[[], T]) -> T:
        """A call that blocks, of the database for one."""
        ...

    async def elsewhere(self, work: Callable[[], T]) -> T:
        """A call that blocks for somebody else's server, who may take long.

        Many of them hold up each other, and not the calls of the database.
        """
        ...

    def shared(self, work: Callable[[], None]) -> Callable[[], Awaitable[None]]:
        """A call that blocks, which those share who ask for it at the same time."""
        ...

    async def pause(self, seconds: float) -> None:
        """A pause."""
        ...

    def turn(self, key: Key) -> AbstractAsyncContextManager[None]:
        """A turn with an object, of writers who have lost a race."""
        ...

    async def each_of(self, items: Sequence[T], work: Callable[[T], Awaitable[object]]) -> None:
        """Something done for each item; raises the first error once the others are done."""
        ...


class OnLoop(Waiting):
    """On one event loop; what blocks is done in threads."""

    def __init__(self) -> None:
        self._turns: Turns[Key] = Turns()
        self._elsewhere: CapacityLimiter | None = None

    def write(self, store: Store, write: Write) -> Awaitable[Stored]:
        return store.submit(write)

    async def blocking(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work)

    async def elsewhere(self, work: Callable[[], T]) -> T:
        if self._elsewhere is None:
            self._elsewhere = CapacityLimiter(ELSEWHERE_AT_ONCE)
        return await to_thread.run_sync(work, limiter=self._elsewhere)

    def shared(self, work: Callable[[], None]) -> Callable[[], Awaitable[None]]:
        async def run(asked: list[None]) -> list[None]:
            await to_thread.run_sync(work)
            return asked

        runs: SharedWork[None, None] = SharedWork(run)
        return lambda: runs.ask(None)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def turn(self, key: Key) -> AbstractAsyncContextManager[None]:
        return self._turns.turn(key)

    async def each_of(self, items: Sequence[T], work: Callable[[T], Awaitable[object]]) -> None:
        await each_of(items, work)


class InThread(Waiting):
    """In the thread that calls, which blocks; of several threads, each waits by itself."""

    async def write(self, store: Store, write: Write) -> Stored:
        return store.write(write)

    async def blocking(self, work: Callable[[], T]) -> T:
        return work()

    async def elsewhere(self, work: Callable[[], T]) -> T:
        return work()

    def shared(self, work: Callable[[], None]) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            work()

        return run

    async def pause(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - there is no loop to be held up

    @asynccontextmanager
    async def turn(self, key: Key) -> AsyncIterator[None]:
        yield

    async def each_of(self, items: Sequence[T], work: Callable[[T], Awaitable[object]]) -> None:
        first: Exception | None = None
        for item in items:
            try:
                await work(item)
            except Exception as error:  # noqa: BLE001 - raised once the others are done
                first = first or error
        if first is not None:
            raise first


def run_at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits in this thread, if at all, to its end."""
    try:
        while True:
            if coroutine.send(None) is not None:
                coroutine.close()
                raise AssertionError("it waits for an event loop")
    except StopIteration as end:
        result: T = end.value
        return result
