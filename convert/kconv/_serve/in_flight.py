"""What requests hold at once: places, bodies on their way in, and bytes; each with a bound."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager
from itertools import takewhile
from typing import Any

from kconv._serve.status import too_many_requests
from kconv._settings import Limits

WATCH = "kconv.watch"
"""Key of an ASGI scope whose request is a watch."""

PROXIED = "kconv.proxied"
"""Key of an ASGI scope whose request goes to a service."""

IN_FLIGHT = "kconv.in_flight"
"""Key of an ASGI scope under which its requests' `InFlight` is found."""

PATIENCE = 5.0
"""Seconds that an answer waits for memory before its client is asked to come again."""

STALLED_SECONDS = 1.0
"""A body that has paused for so long makes room for others when there is none."""

SLOW_SECONDS, SLOW_RATE = 0.5, 16 * 1024
"""So does one that has been on its way for so long with fewer bytes a second, though some come."""

HURRY_SECONDS = 0.25
"""Within which a body has to come that finds no place. Nearly all that are not attacks do."""


MOST_GIVEN_WAY = 0.002
"""Seconds that what can wait gives way to requests at a time. So it goes on under any load."""


class Bytes:
    """A bound on the bytes that requests hold together. It belongs to one event loop."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    def try_take(self, number: int) -> bool:
        """Take so many bytes if there are so many, and nobody waits for them."""
        if self._waiting or self.held + number > self.limit:
            return False
        self.held += number
        return True

    def give_back(self, number: int) -> None:
        """Return bytes; those who wait get them in the order in which they came."""
        self.held -= number
        while self._waiting:
            wanted, future = self._waiting[0]
            if future.done():
                self._waiting.popleft()
            elif self.held + wanted <= self.limit:
                self._waiting.popleft()
                self.held += wanted
                future.set_result(None)
            else:
                return

    @asynccontextmanager
    async def bytes(self, number: int, patience: float = PATIENCE) -> AsyncIterator[None]:
        """Hold ``number`` bytes; waits for them for up to ``patience`` seconds.

        More than there may be at all are had when nobody else holds any. Raises
        `kconv._verbs.refusal.Refusal` (429) when they do not become free in time.
        """
        number = min(number, self.limit)
        if not self.try_take(number):
            await self._wait(number, patience)
        try:
            yield
        finally:
            self.give_back(number)

    async def _wait(self, number: int, patience: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((number, future))
        try:
            async with asyncio.timeout(patience):
                await future
        except BaseException as error:
            if future.done() and not future.cancelled():
                self.give_back(number)
            else:
                future.cancel()
                self.give_back(0)
            if isinstance(error, TimeoutError):
                raise too_many_requests() from None
            raise


class Body:
    """A body on its way in: the bytes it holds, when it began and when it last grew.

    One that is ``hurried`` found no place, and is answered with 429 unless it comes at once.
    """

    def __init__(self, now: float, *, hurried: bool) -> None:
        self.hurried = hurried
        self.held = 0
        self.began = self.grew = now
        self.timeout: asyncio.Timeout | None = None
        self.cut = False


BODY = "kconv.body"
"""Key of an ASGI scope under which the request's `Body` is found."""


class InFlight:
    """The requests, watches and bodies that a server has at present. Of one event loop."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.requests = 0
        self.watches = 0
        self.proxied = 0
        self.budget = Bytes(limits.max_mib_in_flight * 1024 * 1024)
        self.rejected = 0
        """How many requests were answered with 429."""
        self._most_requests = limits.max_requests
        self._most_watches = limits.max_watches
        self._most_proxied = limits.max_proxied
        self._bodies: dict[Body, None] = {}
        self._giving_way: asyncio.Future[None] | None = None

    @property
    def bodies(self) -> int:
        """How many bodies are on their way in."""
        return len(self._bodies)

    def enter(self, scope: MutableMapping[str, Any], *, watch: bool, proxied: bool = False) -> None:
        """Count a request in; `leave` counts it out.

        One that goes to a service lasts as long as that likes, and takes no place of another.

        Raises `kconv._verbs.refusal.Refusal` (429) where there are too many.
        """
        if proxied:
            if self.proxied >= self._most_proxied:
                raise self.refusal()
            self.proxied += 1
            scope[PROXIED] = True
        elif watch:
            if self.watches >= self._most_watches:
                raise self.refusal()
            self.watches += 1
            scope[WATCH] = True
        else:
            if self.requests >= self._most_requests:
                raise self.refusal()
            self.requests += 1
        scope[IN_FLIGHT] = self

    def leave(self, scope: MutableMapping[str, Any]) -> None:
        """Count a request out that was counted in, and give back what its body held."""
        body = scope.get(BODY)
        if body is not None:
            self.release(body)
        if PROXIED in scope:
            self.proxied -= 1
        elif WATCH in scope:
            self.watches -= 1
        else:
            self._one_less()

    async def give_way(self) -> None:
        """Let requests go first: those that came, and those that are being answered.

        For the one task that hands on what others wait for; it returns in `MOST_GIVEN_WAY` seconds.
        """
        await asyncio.sleep(0)
        if self.requests <= 0:
            return
        loop = asyncio.get_running_loop()
        waiting = self._giving_way = loop.create_future()
        timer = loop.call_later(MOST_GIVEN_WAY, _set, waiting)
        try:
            await waiting
        finally:
            timer.cancel()
            self._giving_way = None

    def _one_less(self) -> None:
        """A request is answered, or waits for its body."""
        self.requests -= 1
        if self._giving_way is not None and self.requests <= 0:
            _set(self._giving_way)

    def refusal(self) -> Exception:
        """429, counted."""
        self.rejected += 1
        return too_many_requests()

    def begin_body(self, scope: MutableMapping[str, Any]) -> Body:
        """A body is waited for: until it is there, its request takes no place among the others.

        Where too many are waited for, and none makes room, it is hurried.
        """
        is_full = len(self._bodies) >= self.limits.max_bodies and not self._make_room(1, None)
        body = Body(asyncio.get_running_loop().time(), hurried=is_full)
        self._bodies[body] = None
        scope[BODY] = body
        if not _lasts(scope):
            self._one_less()
        return body

    def end_body(self, scope: MutableMapping[str, Any], body: Body, *, complete: bool) -> None:
        """A body is there, or will never be; its bytes stay held until the request is answered.

        Raises `kconv._verbs.refusal.Refusal` (429) where no place is free for its request.
        """
        self._bodies.pop(body, None)
        if _lasts(scope):
            return
        full = self.requests >= self.limits.max_requests
        self.requests += 1
        if complete and full:
            raise self.refusal()

    def hold(self, body: Body, number: int) -> None:
        """So many more bytes of a body have come.

        Raises `kconv._verbs.refusal.Refusal` (429) where memory is short and no other body stalls.
        """
        if not self.budget.try_take(number) and not (
            self._make_room(number, body) and self.budget.try_take(number)
        ):
            raise self.refusal()
        body.held += number
        if body in self._bodies:
            # The longest without a piece comes first.
            del self._bodies[body]
            self._bodies[body] = None
            body.grew = asyncio.get_running_loop().time()

    def release(self, body: Body) -> None:
        """Nobody needs the bytes of a body any more."""
        held, body.held = body.held, 0
        self.budget.give_back(held)

    def cut_bodies(self) -> None:
        """Wait for no body any more: the server ends. Their clients ask another one."""
        now = asyncio.get_running_loop().time()
        for body in self._bodies:
            body.cut = True
            if body.timeout is not None:
                body.timeout.reschedule(now)

    def _make_room(self, number: int, asking: Body | None) -> bool:
        """Cut bodies that have stalled or are slow; whether so many bytes came free."""
        now = asyncio.get_running_loop().time()
        found = 0
        for body in self._due_to_go(now):
            if body is asking or body.cut:
                continue
            body.cut = True
            found += body.held
            self.release(body)
            if body.timeout is not None:
                body.timeout.reschedule(now)
            if asking is None or found >= number:
                return True
        return found >= number and asking is not None

    def _due_to_go(self, now: float) -> Iterator[Body]:
        """The bodies that make room: those that have stalled, then the slow, the longest first."""
        bodies = list(self._bodies)
        yield from takewhile(lambda body: now - body.grew >= STALLED_SECONDS, bodies)
        slow = [
            body
            for body in bodies
            if (age := now - body.began) >= SLOW_SECONDS and body.held < SLOW_RATE * age
        ]
        yield from sorted(slow, key=lambda body: body.began)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _lasts(scope: MutableMapping[str, Any]) -> bool:
    """Whether a request is none of those that are answered at once, and are counted together."""
    return WATCH in scope or PROXIED in scope
