"""Work that those share who ask for it at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_IDLE_TURNS: Final = 3
"""Turns of a loop without another one that asks, after which none is about to."""

_MOST_TURNS: Final = 16
"""Turns that the first who asks waits at most, whatever comes."""


class SharedWork(Generic[T, R]):
    """Runs ``work`` for all that was asked since the last run, one run after the other.

    A run begins after each of those that it answers has asked. ``work`` gets what they asked for,
    and returns the answer of each.

    Clients that ask again once they are answered would come in two halves, which take turns: one
    asks while the other is answered. So a run that ``gathers`` begins when there are as many as
    there were, those of the last one and those who waited meanwhile, or some turns of the loop have
    brought no more. Who asks alone waits for nobody.
    """

    def __init__(
        self, work: Callable[[list[T]], Awaitable[Iterable[R]]], *, gathers: bool = False
    ) -> None:
        self._work = work
        self._gathers = gathers
        self._known = 1
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, wanted: T) -> R:
        """The answer; raises what the run raised."""
        loop = asyncio.get_running_loop()
        # A future of its own: a caller that is cancelled must not take the others along.
        answer: asyncio.Future[R] = loop.create_future()
        self._waiting.append((wanted, answer))
        if self._task is None:
            self._task = loop.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                if self._gathers and len(self._waiting) < self._known:
                    await self._gather()
                asked, self._waiting = self._waiting, []
                await self._answer(asked)
                self._known = len(asked) + len(self._waiting)
        finally:
            self._task = None
            for _, answer in self._waiting:
                answer.cancel()
            self._waiting = []

    async def _gather(self) -> None:
        """Have the loop run what is ready: it may be more who ask."""
        found = len(self._waiting)
        idle = 0
        for _ in range(_MOST_TURNS):
            await asyncio.sleep(0)
            before, found = found, len(self._waiting)
            idle = 0 if found > before else idle + 1
            if found >= self._known or idle == _IDLE_TURNS:
                return

    async def _answer(self, asked: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            found = await self._work([wanted for wanted, _ in asked])
        except Exception as error:  # noqa: BLE001 - it is for those who asked
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), each in zip(asked, found, strict=True):
            if not answer.done():
                answer.set_result(each)
