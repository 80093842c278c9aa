"""Which executor is worth it: this process for few rows, worker processes for many."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from kconv._pipeline import Pipeline
from kconv.place import Place
from kconv_migrations._executors.executor import Executor, InProcessExecutor
from kconv_migrations._executors.worker_executor import WorkerExecutor, default_workers

FEW_ROWS: Final = 5000
"""Rows under which worker processes take longer to start than they save."""


@contextmanager
def executor_for(
    place: Place,
    pipeline: Pipeline,
    workers: int | None = None,
    collections: Collection[str] | None = None,
    prepared: Collection[str] = (),
) -> Iterator[Executor]:
    """An executor with so many ``workers``, or as many as the rows are worth, while in the context.

    ``collections`` are those whose rows count, None for all. Workers start at once and prepare for
    the collections ``prepared``, so that they are up when there is something to do.
    """
    if workers is None:
        rows = sum(
            each.rows
            for each in place.counts()
            if collections is None or each.collection in collections
        )
        workers = 1 if rows < FEW_ROWS else default_workers()
    if workers == 1:
        yield InProcessExecutor(place, pipeline)
        return
    with WorkerExecutor(workers, place, pipeline, prepared) as executor:
        yield executor
