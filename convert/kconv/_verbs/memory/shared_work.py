"""Work that those share who ask for it at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class SharedWork(Generic[T, R]):
    """Runs ``work`` for all that was asked since the last run, one run after the other.

    A run begins after each of those that it answers has asked. ``work`` gets what they asked for,
    and returns the answer of each.
    """

    def __init__(self, work: Callable[[list[T]], Awaitable[Iterable[R]]]) -> None:
        self._work = work
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
                asked, self._waiting = self._waiting, []
                await self._answer(asked)
        finally:
            self._task = None
            for _, answer in self._waiting:
                answer.cancel()
            self._waiting = []

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
