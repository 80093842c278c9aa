"""The garbage collector: one of the servers on a database collects, as long as it has the lease."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from anyio import CapacityLimiter, to_thread

from kconv._errors import KconvError
from kconv._serve.background import Background
from kconv._store import Change, Store
from kconv._verbs.garbage import Collector
from kconv._verbs.memory import CachedRow, Follower

DUTY = "garbage-collection"
DUTY_SECONDS = 6.0
"""How long a server that has gone without a word holds up its successor."""

RENEW_SECONDS = 2.0
FOLLOW_SECONDS = 0.2
"""How often the change log is read, where nobody else reads it."""

_log = logging.getLogger(__name__)


class GarbageCollector(Background):
    """Takes the lease, reads what is stored once, and follows the change log from then on.

    Where the lease is lost, or the log is not the one that was read, it begins anew. ``holder``
    tells this server from the others. ``current`` has every change known that was committed before,
    and the kinds as these say.
    """

    name = "kconv-garbage-collector"

    def __init__(
        self,
        store: Store,
        holder: str,
        memory: Follower,
        collector: Collector,
        current: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__()
        self.active = False
        """Whether this is the server that collects."""
        self._store = store
        self._holder = holder
        self._current = current
        self._collector = collector
        self._renew_at = 0.0
        self._broken = False
        # Its own thread: requests that wait for a slow database must not cost it the lease.
        self._limiter = CapacityLimiter(1)
        self._renewing = asyncio.Lock()
        memory.listeners.append(self)

    def changed(self, change: Change, row: CachedRow) -> None:
        """See `kconv._verbs.memory.Listener`."""
        if self.active:
            self._collector.changed(change)

    def interrupted(self) -> None:
        """See `kconv._verbs.memory.Listener`."""
        self._broken = True
        self._collector.interrupt()

    def end(self) -> None:
        """Leave the lease to the others; blocks. A database that is away is logged."""
        if not self.active:
            return
        self._rest()
        try:
            self._store.give_up_duty(DUTY, self._holder)
        except KconvError as error:
            _log.warning("at the end of the garbage collector: %s", error)

    async def _run(self) -> None:
        self._renewing = asyncio.Lock()
        while True:
            try:
                await self._turn()
            except KconvError as error:
                _log.warning("garbage cannot be collected: %s", error)
                await asyncio.sleep(1)
            except Exception:  # noqa: BLE001 - nobody would start it again
                _log.exception("the garbage collector failed, and begins anew")
                self._rest()
                # Until the lease has run out: another server may fare better.
                await asyncio.sleep(DUTY_SECONDS + RENEW_SECONDS)

    async def _turn(self) -> None:
        if not await self._has_lease():
            await asyncio.sleep(RENEW_SECONDS)
            return
        if not self.active or self._broken:
            await self._begin()
        await self._current()
        if self._broken:
            return
        if not await self._collector.work(self._has_lease):
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _begin(self) -> None:
        """Read what is stored; changes that come meanwhile are taken note of already."""
        self._rest()
        await self._current()
        self._broken, self.active = False, True
        try:
            await self._collector.read(self._has_lease)
        except BaseException:
            self._rest()
            raise

    def _rest(self) -> None:
        self.active = False
        self._collector.forget()

    async def _has_lease(self) -> bool:
        async with self._renewing:
            now = time.monotonic()
            if now < self._renew_at:
                return self.active
            taken = await to_thread.run_sync(
                self._store.take_duty, DUTY, self._holder, DUTY_SECONDS, limiter=self._limiter
            )
            if self.active and not taken:
                _log.info("another server collects garbage from now on")
                self._rest()
            self._renew_at = now + (RENEW_SECONDS if taken else 0.0)
            return taken
