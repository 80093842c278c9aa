"""The heartbeat: every few seconds a server records that it is alive, and its request counts."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread

from kconv._errors import CannotDecode, KconvError
from kconv._serve.background import Background
from kconv._serve.request_counts import RequestCounts
from kconv._verbs.membership import Membership

HEARTBEAT_SECONDS = 3.0
"""Time between two heartbeats; code that asks for live servers allows for several late ones."""

_log = logging.getLogger(__name__)


class Heartbeat(Background):
    """Heartbeats and flushes, beside the requests.

    ``unfit`` is called with the reason when the server must stop. Stopped, the server is registered
    still, until `end`.
    """

    name = "kconv-heartbeat"

    def __init__(
        self, membership: Membership, usage: RequestCounts, unfit: Callable[[CannotDecode], None]
    ) -> None:
        super().__init__()
        self._membership = membership
        self._usage = usage
        self._unfit = unfit
        self._ending = threading.Lock()
        self._could_not: set[str] = set()

    def end(self) -> None:
        """Store the last counts and unregister; blocks.

        What keeps it from that is logged once, and another call does not try again: there are two,
        in case the first was cut short.
        """
        with self._ending:
            if self._could_not:
                return
            for step in (self._usage.flush, self._membership.leave):
                try:
                    step()
                except KconvError as error:
                    if error.message not in self._could_not:
                        _log.warning("at the end of the server: %s", error)
                    self._could_not.add(error.message)

    async def _run(self) -> None:
        # Its own thread: requests that wait for a slow database must not hold up the heartbeat.
        limiter = CapacityLimiter(1)
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for step in (self._membership.beat, self._usage.flush):
                try:
                    await to_thread.run_sync(step, limiter=limiter)
                except CannotDecode as error:
                    _log.critical("this server stops: %s", error)
                    self._unfit(error)
                    return
                except KconvError as error:
                    _log.warning("heartbeat: %s", error)
