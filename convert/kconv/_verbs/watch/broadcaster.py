"""The watches of a process: each change that is read from the log goes to those that it is for."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from kconv._errors import StoreError
from kconv._gvk import GroupResource
from kconv._store import Change
from kconv._verbs.memory import CachedRow, Follower
from kconv._verbs.watch.live_change import LiveChange

POLL_SECONDS = 0.08
"""How often the change log is read for what other servers wrote; local writes wake the reader."""

BACKLOG = 4096
"""How many changes a watch may lag behind before it is ended; its client then resumes it."""

PAGE = 500
"""How many changes, or objects, are read at a time for a watch that begins."""

_UNSENT = 4 * BACKLOG
_FEWEST, _MOST = 8, 64
"""How often a watch gets a change at a time, which takes them a third of a millisecond, or two.

Where changes pile up, more are handed on at a time, so that there are fewer turns to wait for. A
few watches get many changes in one: with a turn for each they would fall behind a busy server.
"""

_log = logging.getLogger(__name__)


async def _one_turn() -> None:
    await asyncio.sleep(0)


class Subscription:
    """The changes of one resource from ``position`` on, for one watch."""

    def __init__(self, resource: GroupResource, namespace: str, position: int) -> None:
        self.resource = resource
        self.namespace = namespace
        self.position = position
        self.ended = False
        self.expired = False
        """Whether it ended because changes are missing, so that its client must list again."""
        self._pending: deque[LiveChange] = deque()
        self._waiting: asyncio.Future[None] | None = None

    def offer(self, change: LiveChange) -> None:
        """Hand over a change of the resource, if it is in the namespace."""
        if self.namespace and change.stored.key.namespace != self.namespace:
            return
        if len(self._pending) >= BACKLOG:
            self.end()
            return
        self._pending.append(change)
        self._wake()

    def end(self, *, expired: bool = False) -> None:
        """Let the watch finish: the server stops, or the watch is too slow."""
        self.ended = True
        self.expired = self.expired or expired
        self._pending.clear()
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def take(self, seconds: float) -> list[LiveChange]:
        """What has arrived; waits up to ``seconds`` for the first change."""
        if not self._pending and not self.ended:
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            timer = loop.call_later(seconds, self._wake)
            try:
                await self._waiting
            finally:
                timer.cancel()
                self._waiting = None
        taken = list(self._pending)
        self._pending.clear()
        return taken


class Broadcaster:
    """Follows the change log while anyone watches, and hands on each change.

    It belongs to one event loop. ``on_read_error`` is called when the log could not be read.
    ``page`` is how many changes, or objects, are read at a time for a watch that begins.
    ``give_way`` is awaited whenever watches have got a few changes: it returns once those who
    must not wait for the others are through, and soon in any case.
    """

    def __init__(
        self,
        memory: Follower,
        on_read_error: Callable[[], None] = lambda: None,
        *,
        page: int = PAGE,
        give_way: Callable[[], Awaitable[None]] = _one_turn,
    ) -> None:
        self.page = page
        self._give_way = give_way
        self.closed = False
        self._memory = memory
        self._on_read_error = on_read_error
        self._subscriptions: dict[tuple[str, str], dict[Subscription, None]] = {}
        self._unsent: deque[LiveChange] = deque()
        self._reader: asyncio.Task[None] | None = None
        self._sender: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        memory.listeners.append(self)

    @property
    def watchers(self) -> int:
        """How many watches there are."""
        return sum(len(each) for each in self._subscriptions.values())

    @property
    def lag(self) -> int:
        """How many changes have been read and not been handed to all watches yet."""
        return len(self._unsent)

    def wake(self) -> None:
        """Read the change log at once: something was written here."""
        self._wake.set()

    async def subscribe(self, resource: GroupResource, namespace: str) -> Subscription:
        """Begin to collect changes; those up to its ``position`` are for the watch to read.

        Raises `kconv._errors.StoreError`.
        """
        await self._memory.fresh()
        subscription = Subscription(resource, namespace, self._memory.position)
        if self.closed:
            subscription.end()
            return subscription
        place = (resource.group, resource.resource)
        self._subscriptions.setdefault(place, {})[subscription] = None
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._run(), name="kconv-watch-reader")
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a watch; the last one stops the reading."""
        place = (subscription.resource.group, subscription.resource.resource)
        of_resource = self._subscriptions.get(place)
        if of_resource is None:
            return
        of_resource.pop(subscription, None)
        if not of_resource:
            del self._subscriptions[place]
        if not self._subscriptions and self._reader is not None:
            self._reader.cancel()
            self._reader = None

    def end_of(self, resource: GroupResource) -> None:
        """End the watches of a resource, whose clients begin anew."""
        for subscription in self._subscriptions.get((resource.group, resource.resource), ()):
            subscription.end()

    def close(self) -> None:
        """End every watch, and take no more."""
        self.closed = True
        self._end_all()

    def changed(self, change: Change, row: CachedRow) -> None:
        """See `kconv._verbs.memory.Listener`."""
        key = change.stored.key
        if (key.group, key.resource) not in self._subscriptions:
            return
        if len(self._unsent) >= _UNSENT:
            _log.warning("watches cannot be told of changes as fast as they come: they end")
            self._end_all()
            return
        self._unsent.append(LiveChange(change, row))
        if self._sender is None:
            self._sender = asyncio.get_running_loop().create_task(self._send())

    def interrupted(self) -> None:
        """See `kconv._verbs.memory.Listener`."""
        if self._subscriptions:
            _log.warning("changes that this server's watches need are gone: their clients resume")
        self._end_all(expired=True)

    async def _run(self) -> None:
        """Read until cancelled; no watch outlives the reading, so that none hangs unfed."""
        try:
            while True:
                self._wake.clear()
                try:
                    await self._memory.fresh()
                except StoreError as error:
                    self._on_read_error()
                    _log.warning("the change log cannot be read: %s", error)
                    await asyncio.sleep(1)
                    continue
                try:
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    continue
        except Exception:  # noqa: BLE001 - nobody awaits the task, and its watches must learn of it
            _log.exception("reading the change log failed")
        finally:
            if asyncio.current_task() is self._reader:
                self._end_all()

    async def _send(self) -> None:
        """Hand changes on, a few at a time: those who write need not wait for it.

        To give others their turns of the loop is not enough: a write that has to wait for the
        database in a thread gets the interpreter's lock back only when the loop has nothing to do,
        or some milliseconds after it asked for it, each time that it needs it.
        """
        told = 0
        try:
            while self._unsent:
                change = self._unsent.popleft()
                key = change.stored.key
                for subscription in list(self._subscriptions.get((key.group, key.resource), ())):
                    if not subscription.ended:
                        subscription.offer(change)
                    told += 1
                    if told >= min(_FEWEST * (1 + len(self._unsent)), _MOST):
                        told = 0
                        await self._give_way()
        finally:
            self._sender = None

    def _end_all(self, *, expired: bool = False) -> None:
        self._unsent.clear()
        for of_resource in self._subscriptions.values():
            for subscription in of_resource:
                subscription.end(expired=expired)
