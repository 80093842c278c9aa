"""Work that goes on beside the requests of a server."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod


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

    @abstractmethod
    async def _run(self) -> None:
        """Go on until cancelled."""
