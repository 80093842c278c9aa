"""The end of the HTTP server that an app is mounted in, which tells mounted apps nothing of it.

uvicorn waits for open connections before it ends the lifespan, and a watch is open for as long as
its client likes. What it does on SIGTERM and SIGINT can be seen, though: its handler is installed.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

from kconv._serve.background import Background

POLL_SECONDS = 0.25
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class HttpServerExit(Background):
    """Calls ``leave`` once the HTTP server of this process has begun to end.

    It may be through with that before ``leave`` is, and ends the event loop: then ``leave_at_once``
    is called, which blocks.
    """

    name = "kconv-http-server-exit"

    def __init__(
        self, leave: Callable[[], Awaitable[None]], leave_at_once: Callable[[], None]
    ) -> None:
        super().__init__()
        self._leave = leave
        self._leave_at_once = leave_at_once
        self._stopped = False

    def stop(self) -> None:
        """Look no more: the caller leaves by itself."""
        self._stopped = True
        super().stop()

    async def _run(self) -> None:
        try:
            while not is_ending():  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(POLL_SECONDS)
            await self._leave()
        except asyncio.CancelledError:
            if is_ending() and not self._stopped:
                self._leave_at_once()
            raise


def is_ending() -> bool:
    """Whether the object whose method handles signals says that it should exit, as uvicorn does."""
    owners = (getattr(signal.getsignal(each), "__self__", None) for each in SIGNALS)
    return any(getattr(owner, "should_exit", None) is True for owner in owners)
