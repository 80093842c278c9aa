"""The threads of a migration: those that write objects, and one that gets the next ones ready."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from operator import itemgetter
from typing import Final, TypeVar

CONNECTIONS: Final = 8
"""Requests that are under way at a time."""

T = TypeVar("T")
U = TypeVar("U")


class Threads:
    """Made when they are needed, and again after `close`."""

    def __init__(self) -> None:
        self._writers: ThreadPoolExecutor | None = None
        self._aside: ThreadPoolExecutor | None = None

    def side_by_side(self, call: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """Call something with each item, so many at a time; what it returned, in order."""
        if self._writers is None:
            self._writers = ThreadPoolExecutor(CONNECTIONS)
        left = deque(enumerate(items))
        found: dict[int, U] = {}

        def work() -> None:
            while True:
                try:
                    at, item = left.popleft()
                except IndexError:
                    return
                found[at] = call(item)

        # A future for each of the threads, for one for each item is a third of a request's time.
        workers = [self._writers.submit(work) for _ in range(min(CONNECTIONS, len(left)))]
        for each in workers:
            each.result()
        return [each for _, each in sorted(found.items(), key=itemgetter(0))]

    def aside(self, call: Callable[[], T]) -> Future[T]:
        """Call something while others are written."""
        if self._aside is None:
            self._aside = ThreadPoolExecutor(1)
        return self._aside.submit(call)

    def close(self) -> None:
        """Wait for writes that are under way, and for nothing else."""
        for each in (self._writers, self._aside):
            if each is not None:
                each.shutdown(wait=each is self._writers, cancel_futures=True)
        self._writers = self._aside = None
