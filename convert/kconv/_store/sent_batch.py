"""A batch of writes that an event loop has sent to the database."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from kconv._store.write import Sent
from kconv._store.write_queue import Batch


class SentBatch:
    """A batch on its way, until it is answered; ``wait`` waits for that in another thread."""

    def __init__(self, batch: Batch, loop: asyncio.AbstractEventLoop) -> None:
        self.batch: Final = batch
        self.loop: Final = loop
        self.wait: Sent | None = None
        self._began: Final = time.perf_counter()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.perf_counter() - self._began

    @property
    def is_of_one_loop(self) -> bool:
        """Whether no other loop waits for it, which would not know if this one ended."""
        futures = [entry.future for entry, _ in self.batch if entry.future is not None]
        return all(future.get_loop() is self.loop for future in futures)

    @property
    def is_looked_after(self) -> bool:
        """Whether its loop runs, in another thread than this."""
        try:
            own: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            own = None
        return self.loop.is_running() and self.loop is not own
