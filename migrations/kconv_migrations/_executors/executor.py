"""Executors: who runs spans of rows, and the results of many spans in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, repeat
from typing import Final, Protocol

from kconv._pipeline import Pipeline
from kconv.place import Place
from kconv_migrations._executors.spans import Span, SpanResult, SpanRunner

Retry = Callable[[Callable[[], SpanResult]], SpanResult]
"""Calls what it is given, again if it likes, and returns the result."""


class Future(Protocol):
    """A span that has been submitted; those of `concurrent.futures` are such, too."""

    def result(self) -> SpanResult:
        """Wait for the result. Raises what running the span raised."""
        ...


class Executor(Protocol):
    """Runs spans: in this process, in worker processes, or somewhere else.

    Running a span twice does no harm.
    """

    @property
    def writes(self) -> bool:
        """Whether those who run spans are to write the rows of a run themselves."""
        ...

    @property
    def lookahead(self) -> int:
        """How many spans to keep submitted."""
        ...

    def submit(self, span: Span) -> Future:
        """Have a span run."""
        ...


class InProcessExecutor:
    """Runs each span in this process, when its result is asked for."""

    lookahead: Final = 1
    writes: Final = False

    def __init__(self, place: Place, pipeline: Pipeline) -> None:
        self._runner = SpanRunner(place, pipeline)

    def submit(self, span: Span) -> Future:
        """A span that runs when its result is asked for."""
        return _Deferred(self._runner, span)


class _Deferred:
    def __init__(self, runner: SpanRunner, span: Span) -> None:
        self._runner = runner
        self._span = span

    def result(self) -> SpanResult:
        return self._runner.run(self._span)


def _once(call: Callable[[], SpanResult]) -> SpanResult:
    return call()


def results(
    executor: Executor, spans: Iterable[Span], retry: Retry = _once
) -> Iterator[SpanResult]:
    """The results of spans, in order; where a span is left in part, the rest of it comes next.

    ``retry`` is given the call that waits for a result. The call submits the span again each
    further time.
    """
    spans = iter(spans)
    submitted: deque[tuple[Span, Future]] = deque()
    while True:
        while len(submitted) < executor.lookahead and (span := next(spans, None)) is not None:
            submitted.append((span, executor.submit(span)))
        if not submitted:
            return
        span, first = submitted.popleft()
        attempts = chain([first], map(executor.submit, repeat(span)))
        result = retry(partial(_next_result, attempts))
        if result.rest is not None:
            submitted.appendleft((result.rest, executor.submit(result.rest)))
        yield result


def _next_result(attempts: Iterator[Future]) -> SpanResult:
    return next(attempts).result()
