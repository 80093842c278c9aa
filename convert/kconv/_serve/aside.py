"""`Aside`: the verbs in a thread, for kinds whose conversion waits for somebody else.

A conversion webhook may take its time. So the calls to a kind that has one are made in a thread,
each as a program would make it: on the database itself, and to the end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread

from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._serve.resource_request import ResourceRequest
from kconv._structural import Engines
from kconv._verbs.answer import Answer
from kconv._verbs.namespaces import Namespaces
from kconv._verbs.objects import Objects
from kconv._verbs.waiting import run_at_once

T = TypeVar("T")

AT_ONCE = 32
"""Calls that may wait for webhooks at once; more wait for their turn."""


def with_structural(scheme: Scheme, pipeline: Pipeline | None) -> tuple[Scheme, Pipeline]:
    """A scheme that takes in the kinds of CRDs, and its pipeline; it uses what is compiled."""
    changeable = scheme.changeable()
    return changeable, (pipeline or Pipeline(scheme)).extended(changeable, Engines)


class Alone(ResourceRequest, frozen=True):
    """A request that has a thread of its own."""

    async def work(self, work: Callable[[], T], size: int = 0) -> T:
        return work()


class Aside:
    """What calls in threads work on, and the threads.

    ``objects`` are those on the database itself, whose calls wait as a thread does.
    """

    def __init__(self, scheme: Scheme, objects: Objects) -> None:
        self.objects = objects
        self.namespaces = Namespaces(scheme, self.objects)
        self._limiter: CapacityLimiter | None = None

    async def run(
        self, verb: Callable[[ResourceRequest], Awaitable[Answer]], call: ResourceRequest
    ) -> Answer:
        """Answer a request; its warnings are those of ``call``. Raises what the verb does."""
        own = Alone(
            call.target,
            self.objects,
            self.namespaces,
            query=call.query,
            body=call.body,
            content_type=call.content_type,
            user_agent=call.user_agent,
            accepted=call.accepted,
            warnings=call.warnings,
        )

        async def whole() -> Answer:
            return await verb(own)

        return await self.whole(whole())

    async def whole(self, made: Coroutine[Any, Any, T]) -> T:
        """What a coroutine on ``objects`` returns, which a thread runs to its end."""
        if self._limiter is None:
            self._limiter = CapacityLimiter(AT_ONCE)
        return await to_thread.run_sync(run_at_once, made, limiter=self._limiter)
