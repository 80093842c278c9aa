"""Worker processes that read and convert rows while this one writes."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Final, Protocol, Self

from kconv.errors import KconvError, Unavailable, UsageError
from kconv.pipeline import Pipeline
from kconv.store import Store
from kconv_migrations.rows.process import Process, afresh, copied, may_copy
from kconv_migrations.rows.spans import Answer, Reader, Span
from kconv_migrations.rows.worker import needs

MOST: Final = 4
"""Workers by default at most: a few of them wait for the database already."""


class Hands(Protocol):
    """Who does spans: `InProcess` or `Workers`."""

    @property
    def depth(self) -> int:
        """How many spans are worth being under way while another is written."""
        ...

    def submit(self, span: Span) -> Future[Answer]:
        """Begin a span; its page raises what the store raises."""
        ...


class InProcess:
    """Does each span at once, here."""

    depth: Final = 0

    def __init__(self, store: Store, pipeline: Pipeline) -> None:
        self._reader = Reader(store, pipeline)

    def submit(self, span: Span) -> Future[Answer]:
        """Do a span; what comes back is done."""
        future: Future[Answer] = Future()
        try:
            future.set_result(self._reader.do(span))
        except KconvError as error:
            future.set_exception(error)
        return future


class Workers:
    """So many processes, used as a context; each reads from the store on its own.

    ``groups`` are the API groups to load, None for all; ``apis`` are ``module:function`` of
    packages that are not installed. Where this process may be copied the workers are copies of
    it, given what makes a ``pipeline`` of the same; otherwise, or without, each is started afresh
    and loads the API packages on its own. Copies inherit what is open: close what they must not
    have, such as connections, before.

    The page of a worker that dies raises `WorkerEnded`. Raises `Unavailable` where the system
    lets there be no more processes.
    """

    def __init__(
        self,
        count: int,
        store: Store,
        groups: Collection[str] | None = None,
        apis: Sequence[str] = (),
        pipeline: Callable[[], Pipeline] | None = None,
    ) -> None:
        self.depth = 2 * count
        self._spans: SimpleQueue[tuple[Span, Future[Answer]] | None] = SimpleQueue()
        self._processes: list[Process] = []
        self._threads: list[Thread] = []
        self._closed = False
        try:
            reader = Reader(store, pipeline()) if pipeline is not None and may_copy() else None
            for _ in range(count):
                if reader is not None:
                    started = copied(reader, self._processes)
                else:
                    started = afresh(needs(store, groups, apis))
                self._processes.append(started)
            # Only now: a process with threads cannot be copied.
            for process in self._processes:
                self._attend(process)
        except (OSError, RuntimeError) as error:
            self.close()
            raise Unavailable(
                f"a worker process could not be started ({error}): run it with fewer --workers"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, span: Span) -> Future[Answer]:
        """Have the next idle worker do a span. Raises `UsageError` once they are closed."""
        if self._closed:
            raise UsageError("these workers are closed")
        future: Future[Answer] = Future()
        self._spans.put((span, future))
        return future

    def close(self) -> None:
        """End the workers and what they started, whatever they are at."""
        self._closed = True
        for process in self._processes:
            # What one started in its session would keep its pipes open.
            process.kill()
            self._spans.put(None)
        for thread in self._threads:
            thread.join()
        for process in self._processes:
            process.wait()
            process.close()
        self._threads.clear()
        self._processes.clear()

    def _attend(self, process: Process) -> None:
        thread = Thread(target=self._work, args=[process], name="kconv-worker", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _work(self, process: Process) -> None:
        while (item := self._spans.get()) is not None:
            span, future = item
            try:
                future.set_result(process.ask(span))
            except BaseException as error:  # noqa: BLE001 - it is raised where the span came from
                future.set_exception(error)


def default_workers() -> int:
    """As many processes as there are processors that this one may use, but for `MOST`."""
    known = hasattr(os, "sched_getaffinity")
    return min(len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1, MOST)
