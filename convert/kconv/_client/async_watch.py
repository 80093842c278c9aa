"""`AsyncWatch`: the changes of objects, one after the other, on an event loop."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Generic, TypeVar

from kconv._client.core import ENDLESS, Core, Selects, fail
from kconv._client.object_events import Told
from kconv._client.results import Event
from kconv._errors import KconvError
from kconv._verbs.target import Target
from kconv._verbs.watch import Watch as Following

T = TypeVar("T")


class AsyncWatch(AsyncIterator[Event[T]], Generic[T]):
    """The events of a watch. ``resource_version`` is where one goes on that follows it.

    It begins when it is first asked for an event, or with ``async with``.
    """

    def __init__(
        self,
        opened: Callable[[], Awaitable[Core]],
        of: tuple[Any, str | None, Selects, Selects],
        resource_version: str,
        timeout: float | None,
    ) -> None:
        self.resource_version = resource_version
        self._opened = opened
        self._of = of
        self._timeout = ENDLESS if timeout is None else timeout
        self._deadline = 0.0
        self._following: Following[list[Told]] | None = None
        self._target: Target | None = None
        self._events: AsyncGenerator[list[Told]] | None = None
        self._pending: list[Told] = []
        self._closed = False

    def __aiter__(self) -> AsyncWatch[T]:
        return self

    async def __anext__(self) -> Event[T]:
        while True:
            while self._pending:
                kind, found, self.resource_version = self._pending.pop(0)
                if kind != "BOOKMARK":
                    return Event(kind, found, self.resource_version)
            if self._closed:
                raise StopAsyncIteration
            events = self._events or await self._begin()
            try:
                self._pending = await anext(events, [])
            except KconvError as error:
                assert self._target is not None, "it has begun"
                fail(error, self._target)
            if not self._pending:
                # It is over, or could not be told of changes as fast as they came and goes on.
                self._events = None
                if time.monotonic() >= self._deadline:
                    raise StopAsyncIteration

    async def _begin(self) -> AsyncGenerator[list[Told]]:
        core = await self._opened()
        self._deadline = self._deadline or time.monotonic() + self._timeout
        left = max(self._deadline - time.monotonic(), 0.001)
        self._following, self._target = core.watch(*self._of, self.resource_version, left)
        await self._following.begin()
        self._events = self._following.events_since()
        return self._events

    async def __aenter__(self) -> AsyncWatch[T]:
        if self._events is None:
            await self._begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End it."""
        self._closed = True
        if self._following is not None:
            self._following.end()
