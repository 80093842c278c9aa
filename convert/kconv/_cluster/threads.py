"""The threads of a migration: those that write objects, and one that gets the next ones ready."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Final, Generic, TypeVar, cast

CONNECTIONS: Final = 8
"""Requests that are under way at a time."""

T = TypeVar("T")
U = TypeVar("U")


class Threads:
    """Made when they are needed, and again after `close`."""

    def __init__(self) -> None:
        self._writers: ThreadPoolExecutor | None = None
        self._aside: ThreadPoolExecutor | None = None

    def stream(self, call: Callable[[T], U], most: int = CONNECTIONS) -> Stream[T, U]:
        """Call something with each item that is handed in, at most so many at a time."""
        if self._writers is None:
            self._writers = ThreadPoolExecutor(CONNECTIONS)
        return Stream(self._writers, call, min(CONNECTIONS, most))

    def side_by_side(self, call: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """Call something with each item, so many at a time; what it returned, in order."""
        items = list(items)
        stream = self.stream(call, len(items))
        stream.put(items)
        return cast("list[U]", stream.end())

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


class Stream(Generic[T, U]):
    """Calls something with items as they come, by some threads of an executor, in their order.

    Whatever happens, it must be closed.
    """

    def __init__(self, executor: Executor, call: Callable[[T], U], threads: int) -> None:
        self._call = call
        self._items: SimpleQueue[tuple[int, T] | None] = SimpleQueue()
        self._found: dict[int, U] = {}
        self._count = 0
        self._is_stopped = False
        # A future for each of the threads, for one for each item is a third of a request's time.
        self._workers = [executor.submit(self._work) for _ in range(threads)]

    def put(self, items: Sequence[T]) -> None:
        """Hand in items, and do not wait for them."""
        for item in items:
            self._items.put((self._count, item))
            self._count += 1

    def stop(self) -> None:
        """Call it with no more items, whatever was handed in; may be called by what is called."""
        self._is_stopped = True

    def close(self) -> None:
        """Have the threads leave once they have called it with what was handed in."""
        for _ in self._workers:
            self._items.put(None)

    def end(self) -> list[U | None]:
        """Close, and wait; what was returned in order, None where it was not called.

        Raises the first error of a call.
        """
        self.close()
        try:
            for each in self._workers:
                each.result()
        except BaseException:
            self.stop()
            raise
        return [self._found.get(at) for at in range(self._count)]

    def _work(self) -> None:
        while (given := self._items.get()) is not None:
            at, item = given
            if not self._is_stopped:
                self._found[at] = self._call(item)
