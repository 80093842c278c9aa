"""Which executor is worth it: this process for few rows, worker processes for many."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final

from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv.place import Place
from kconv_migrations._executors.executor import Executor, InProcessExecutor
from kconv_migrations._executors.worker_executor import WorkerExecutor, default_workers

Digest = Callable[[Scheme], str]
"""What a process has of API packages, in one text: equal where they are."""

FEW_ROWS: Final = 5000
"""Rows under which worker processes take longer to start than they save."""


@contextmanager
def executor_for(
    place: Place,
    pipeline: Pipeline,
    workers: int | None = None,
    collections: Collection[str] | None = None,
    prepared: Collection[str] = (),
    cluster: tuple[str, Digest] | None = None,
) -> Iterator[Executor]:
    """An executor with so many ``workers``, or as many as the rows are worth, while in the context.

    ``collections`` are those whose rows count, None for all. Workers start at once and prepare for
    the collections ``prepared``, so that they are up when there is something to do. ``cluster`` is
    the address of a Dask scheduler whose workers are to do it instead, and how they prove that they
    have the same API packages.
    """
    if cluster is not None:
        from kconv_migrations._executors.dask_executor import DaskExecutor

        with DaskExecutor(cluster[0], place, cluster[1], prepared) as executor:
            yield executor
        return
    if workers is None and not place.worth_workers:
        workers = 1
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
    with WorkerExecutor(workers, place, pipeline, prepared) as processes:
        yield processes
