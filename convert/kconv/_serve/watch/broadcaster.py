"""The watches of a process, and the one reader of the change log that feeds them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from anyio import to_thread

from kconv._errors import CounterReset, Expired, StoreError
from kconv._gvk import GroupResource
from kconv._store import Change, Followed, Position, Store

POLL_SECONDS = 0.08
"""How often the change log is read for what other servers wrote; local writes wake the reader."""

BACKLOG = 4096
"""How many changes a watch may lag behind before it is ended; its client then resumes it."""

PAGE = 500
"""How many changes of the log are read at a time."""

_log = logging.getLogger(__name__)


class Subscription:
    """The changes of one resource from ``position`` on, for one watch."""

    def __init__(self, resource: GroupResource, namespace: str, position: int) -> None:
        self.resource = resource
        self.namespace = namespace
        self.position = position
        self.ended = False
        self.reset = False
        self._pending: deque[Change] = deque()
        self._arrived = asyncio.Event()

    def offer(self, change: Change) -> None:
        """Hand over a change, if it is of the resource and namespace."""
        key = change.stored.key
        if (key.group, key.resource) != (self.resource.group, self.resource.resource):
            return
        if self.namespace and key.namespace != self.namespace:
            return
        if len(self._pending) >= BACKLOG:
            self.end()
            return
        self._pending.append(change)
        self._arrived.set()

    def end(self) -> None:
        """Let the watch finish: the server stops, or the watch is too slow."""
        self.ended = True
        self._pending.clear()
        self._arrived.set()

    async def take(self, seconds: float) -> list[Change]:
        """What has arrived; waits up to ``seconds`` for the first change."""
        if not self._pending and not self.ended:
            self._arrived.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._arrived.wait()
            except TimeoutError:
                return []
        taken = list(self._pending)
        self._pending.clear()
        return taken


class Broadcaster:
    """Reads the change log while anyone watches, and hands each change to the watches it is for.

    It belongs to one event loop. ``on_read_error`` is called when the log could not be read.
    ``page`` is how many changes, or objects, are read at a time.
    """

    def __init__(
        self,
        store: Store,
        on_read_error: Callable[[], None] = lambda: None,
        *,
        page: int = PAGE,
    ) -> None:
        self.page = page
        self._store = store
        self._on_read_error = on_read_error
        self._subscriptions: set[Subscription] = set()
        self._reader: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._starting = asyncio.Lock()
        self._position: Position | None = None
        self.closed = False

    @property
    def watchers(self) -> int:
        """How many watches there are."""
        return len(self._subscriptions)

    def wake(self) -> None:
        """Read the change log at once: something was written here."""
        self._wake.set()

    async def subscribe(self, resource: GroupResource, namespace: str) -> Subscription:
        """Begin to collect changes; those up to its ``position`` are for the watch to read."""
        async with self._starting:
            if self._reader is None or self._reader.done():
                self._position = (await to_thread.run_sync(self._store.follow)).position
                self._reader = asyncio.create_task(self._run(), name="kconv-watch-broadcaster")
            assert self._position is not None, "the reader has begun"
            subscription = Subscription(resource, namespace, self._position.value)
            if self.closed:
                subscription.end()
            else:
                self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a watch; the last one stops the reading."""
        self._subscriptions.discard(subscription)
        if not self._subscriptions and self._reader is not None:
            self._reader.cancel()
            self._reader = None

    def close(self) -> None:
        """End every watch, and take no more."""
        self.closed = True
        for subscription in self._subscriptions:
            subscription.end()

    async def _run(self) -> None:
        """Read until cancelled; no watch outlives the reading, so that none hangs unfed."""
        try:
            await self._read()
        except Exception:  # noqa: BLE001 - nobody awaits the task, and its watches must learn of it
            _log.exception("reading the change log failed")
        finally:
            if asyncio.current_task() is self._reader:
                self._end_all()

    async def _read(self) -> None:
        while True:
            self._wake.clear()
            try:
                followed = await to_thread.run_sync(self._follow)
            except CounterReset as error:
                # What they have shown may be of no state that there is any more.
                _log.warning("every watch ends: %s", error)
                self._end_all(reset=True)
                return
            except Expired:
                # Their clients list again; a watch that begins meanwhile would have a gap, too.
                _log.warning("the change log was compacted past this server's watches")
                self._end_all()
                return
            except StoreError as error:
                self._on_read_error()
                _log.warning("the change log cannot be read: %s", error)
                await asyncio.sleep(1)
                continue
            for change in followed.changes:
                for subscription in self._subscriptions:
                    subscription.offer(change)
            self._position = followed.position
            if followed.complete:
                try:
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    continue

    def _follow(self) -> Followed:
        return self._store.follow(self._position, limit=self.page)

    def _end_all(self, *, reset: bool = False) -> None:
        for subscription in self._subscriptions:
            subscription.reset = subscription.reset or reset
            subscription.end()
