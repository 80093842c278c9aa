"""Worker processes that read and convert rows while this one writes."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from itertools import cycle
from typing import Final, Protocol, Self

from kconv._errors import Unavailable, UsageError
from kconv._gvk import GroupResource
from kconv._pipeline import Pipeline
from kconv._store import Store
from kconv_migrations._executors.process import Process, afresh, copied, may_copy
from kconv_migrations._executors.spans import Answer, Reader, Span
from kconv_migrations._executors.worker import needs

MOST: Final = 4
"""Workers by default at most: a few of them wait for the database already."""


class Asked(Protocol):
    """A span that is under way."""

    def ready(self) -> bool:
        """Whether nothing is gained by doing something else first."""
        ...

    def result(self) -> Answer:
        """Its answer, once there is one. Raises what reading the rows raised."""
        ...


class Hands(Protocol):
    """Who does spans: `InProcess` or `Workers`."""

    @property
    def depth(self) -> int:
        """How many spans are worth being under way while another is written."""
        ...

    def submit(self, span: Span) -> Asked:
        """Begin a span."""
        ...

    def here(self, span: Span) -> Asked | None:
        """A span that this process is to do, while it waits; None where it has to wait."""
        ...


class InProcess:
    """Does each span here, when its answer is asked for."""

    depth: Final = 0

    def __init__(self, store: Store, pipeline: Pipeline) -> None:
        self._reader = Reader(store, pipeline)

    def submit(self, span: Span) -> Asked:
        """A span that is still to be done."""
        return ToDo(self._reader, span)

    def here(self, span: Span) -> Asked | None:
        """There is nothing to wait for."""
        return None


class ToDo:
    """A span that is done when its answer is asked for."""

    def __init__(self, reader: Reader, span: Span) -> None:
        self._reader = reader
        self._span = span

    def ready(self) -> bool:
        """Always: waiting does not help."""
        return True

    def result(self) -> Answer:
        """Its answer."""
        return self._reader.do(self._span)


class Workers:
    """So many processes, this one among them; used as a context. Each reads from the store.

    ``groups`` are the API groups to load, None for all; ``apis`` are ``module:function`` of
    packages that are not installed, ``pipeline`` is of the same. Where this process may be copied
    the others are copies of it; otherwise each is started afresh and loads the API packages on its
    own. Copies inherit what is open: close what they must not have, such as connections, before.
    All prepare for ``resources`` before anything else.

    The others take turns, and nothing here is done in a thread: spans wait in their pipes. This
    process writes what they made, and helps while it would wait. The answer of a worker that dies
    is `WorkerEnded`. Raises `Unavailable` where the system lets there be no more processes.
    """

    def __init__(
        self,
        count: int,
        store: Store,
        pipeline: Pipeline,
        groups: Collection[str] | None = None,
        apis: Sequence[str] = (),
        resources: Sequence[GroupResource] = (),
    ) -> None:
        self.depth = 3 * (count - 1)
        self._reader = Reader(store, pipeline)
        self._processes: list[Process] = []
        self._closed = False
        try:
            copy = may_copy()
            if copy:
                self._reader.prepare(resources)  # once, for all
            for _ in range(count - 1):
                if copy:
                    started = copied(self._reader, self._processes)
                else:
                    started = afresh(needs(store, groups, apis, resources))
                self._processes.append(started)
        except OSError as error:
            self.close()
            raise Unavailable(
                f"a worker process could not be started ({error}): run it with fewer --workers"
            ) from error
        self._turns = cycle(self._processes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, span: Span) -> Asked:
        """Have the next of the others do a span. Raises `UsageError` once they are closed."""
        if self._closed:
            raise UsageError("these workers are closed")
        return next(self._turns).ask(span) if self._processes else ToDo(self._reader, span)

    def here(self, span: Span) -> Asked | None:
        """A span for this process."""
        return ToDo(self._reader, span)

    def close(self) -> None:
        """End the workers and what they started, whatever they are at."""
        for process in self._processes:
            # What one started in its session would keep its pipes open.
            process.kill()
        for process in self._processes:
            process.wait()
            process.close()
        self._processes = []
        self._closed = True


def default_workers() -> int:
    """As many processes as there are processors that this one may use, but for `MOST`."""
    known = hasattr(os, "sched_getaffinity")
    return min(len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1, MOST)
