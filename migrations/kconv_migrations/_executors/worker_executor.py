"""The executor that has worker processes read and convert rows while this process writes."""

from __future__ import annotations

import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from multiprocessing.connection import wait
from typing import Final, Self

from kconv._errors import Unavailable, UsageError
from kconv._pipeline import Pipeline
from kconv.place import Place
from kconv_migrations._executors.spans import Span, SpanResult, SpanRunner
from kconv_migrations._executors.worker import StartMethod, Worker, start_method

MAX_DEFAULT_WORKERS: Final = 4
"""Workers by default at most: even a few of them keep a database busy."""

_IN_FLIGHT: Final = 3
"""Spans that a worker has at a time: so it has some left while this process writes a page."""

_SMALL: Final = 1 << 14
"""Bytes of a span of which a pipe of any size holds `_IN_FLIGHT`."""


class WorkerEnded(Unavailable):
    """A worker process ended before it sent a result."""


class WorkerExecutor:
    """Runs spans in ``count`` processes, this one among them; used as a context.

    ``pipeline`` is of the place's scheme. All prepare for the collections ``prepared`` before
    anything else. Each process reads from the place by a connection of its own.

    The others are started by `multiprocessing`: forked where that is safe (`start_method`), or
    else spawned, which takes longer and imports the main module, so that a script needs its
    ``if __name__ == "__main__":``. Nothing here is done in a thread: spans wait in pipes, and this
    process runs some itself while it would wait for a result. A span of a worker that dies raises
    `WorkerEnded`.

    Raises `Unavailable` where the system allows no more processes.
    """

    writes: Final = False

    def __init__(
        self,
        count: int,
        place: Place,
        pipeline: Pipeline,
        prepared: Iterable[str] = (),
        *,
        method: StartMethod | None = None,
    ) -> None:
        self._runner = SpanRunner(place, pipeline)
        self._workers: dict[Worker, deque[_WorkerFuture]] = {}
        self._backlog: deque[_WorkerFuture] = deque()
        self._closed = False
        # As much again as the workers have is for this process to choose from.
        self.lookahead: Final = max(2 * _IN_FLIGHT * (count - 1), 1)
        chosen = method or start_method()
        make_runner: Callable[[], SpanRunner]
        if chosen == "fork":
            self._runner.prepare(prepared)  # once, for all
            place.close()  # no copy of this process is to have its connections
            make_runner = partial(_same, self._runner)
        else:
            # The place opens where it is unpickled: what that raises is for the spans.
            make_runner = partial(_load_runner, pickle.dumps((place, tuple(prepared))))
        try:
            for _ in range(count - 1):
                self._workers[Worker(chosen, make_runner, tuple(self._workers))] = deque()
        except OSError as error:
            self.close()
            raise Unavailable(
                f"a worker process could not be started ({error}): run it with fewer --workers"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, span: Span) -> _WorkerFuture:
        """Have a span run. Raises `UsageError` once the executor is closed."""
        if self._closed:
            raise UsageError("these workers are closed")
        future = _WorkerFuture(self, span)
        self._backlog.append(future)
        self._send()
        return future

    def close(self) -> None:
        """End the workers and what they started, whatever they are doing."""
        self._closed = True
        for worker in self._workers:
            worker.kill()
        for worker, sent in self._workers.items():
            worker.exit_code()
            worker.close()
            self._backlog.extend(sent)
        self._workers.clear()
        while self._backlog:
            self._backlog.popleft().end(WorkerEnded("these workers are closed"))

    def _wait_for(self, future: _WorkerFuture) -> None:
        """Have more results: those that are there, or of a span that this process runs itself."""
        if self._receive(0):
            return
        if self._backlog:
            # One whose turn it is comes first.
            own = future if future in self._backlog else self._backlog[0]
            self._backlog.remove(own)
            own.run(self._runner)
        else:
            self._receive(None)

    def _send(self) -> None:
        """Send spans of the backlog to the workers that have fewest."""
        while self._backlog and self._workers:
            worker, sent = min(self._workers.items(), key=_load)
            data = pickle.dumps(self._backlog[0].span)
            # While this process writes into a full pipe, the worker must not do the same.
            if len(sent) >= (_IN_FLIGHT if len(data) <= _SMALL else 1):
                return
            future = self._backlog.popleft()
            sent.append(future)
            try:
                worker.send(data)
            except OSError:
                self._lose(worker)

    def _receive(self, timeout: float | None) -> bool:
        """Receive the results that come within so many seconds; whether any did."""
        busy = [worker for worker, sent in self._workers.items() if sent]
        ready = wait([worker.results for worker in busy], timeout) if busy else []
        for worker in busy:
            if worker.results not in ready:
                continue
            try:
                result = worker.receive()
            except (OSError, EOFError, pickle.UnpicklingError):
                self._lose(worker)
            else:
                self._workers[worker].popleft().end(result)
        if ready:
            self._send()
        return bool(ready)

    def _lose(self, worker: Worker) -> None:
        """A worker has ended: so have its spans."""
        code = worker.exit_code()
        worker.close()
        for future in self._workers.pop(worker):
            future.end(
                WorkerEnded(
                    f"a worker process ended with {code}; what is rewritten stays: "
                    "run it again, with --workers 1 if it happens again"
                )
            )


class _WorkerFuture:
    """A span that is waiting, or with a worker, or has its result."""

    def __init__(self, executor: WorkerExecutor, span: Span) -> None:
        self.span: Final = span
        self._executor = executor
        self._result: SpanResult | BaseException | None = None

    def end(self, result: SpanResult | BaseException) -> None:
        """Take its result, or the error that it raises."""
        self._result = result

    def run(self, runner: SpanRunner) -> None:
        """Run it in this process."""
        try:
            self.end(runner.run(self.span))
        except Unavailable as error:  # for when its turn comes, and it may be tried again
            self.end(error)

    def result(self) -> SpanResult:
        """Wait for the result. Raises `WorkerEnded`, and what running the span raised."""
        while self._result is None:
            self._executor._wait_for(self)
        if isinstance(self._result, BaseException):
            raise self._result
        return self._result


def _load(worker: tuple[Worker, deque[_WorkerFuture]]) -> int:
    return len(worker[1])


def _same(runner: SpanRunner) -> SpanRunner:
    return runner


def _load_runner(arguments: bytes) -> SpanRunner:
    """In a spawned process, which shares nothing with its parent."""
    place, prepared = pickle.loads(arguments)
    runner = SpanRunner(place, Pipeline(place.scheme))
    runner.prepare(prepared)
    return runner


def default_workers() -> int:
    """One process for each processor that this one may use, up to `MAX_DEFAULT_WORKERS`."""
    known = hasattr(os, "sched_getaffinity")
    processors = len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1
    return min(processors, MAX_DEFAULT_WORKERS)
