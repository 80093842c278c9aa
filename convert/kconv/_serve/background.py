"""Work that goes on beside the requests of a server."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")

_ENDING_SECONDS: Final = 1.0


class Background(ABC):
    """A task of an event loop, from `start` to `stop`; ``name`` is what it is called."""

    name: str

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin, in this event loop; nothing if it goes on already."""
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._run(), name=self.name)

    def stop(self) -> None:
        """Stop; a step that a thread is at ends by itself."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _in_thread(self, work: Callable[[], T], limiter: CapacityLimiter) -> T:
        """Run what waits in a thread.

        Who cancels it waits for what has begun, for a moment: the database may be closed next, and
        a connection that is in use then would stay open.
        """
        begun, ended = threading.Event(), threading.Event()

        def run() -> T:
            begun.set()
            try:
                return work()
            finally:
                ended.set()

        try:
            return await to_thread.run_sync(run, limiter=limiter)
        except asyncio.CancelledError:
            if begun.is_set():
                ended.wait(_ENDING_SECONDS)
            raise

    @abstractmethod
    async def _run(self) -> None:
        """Go on until cancelled."""
