"""Which executor is worth it: this process for few rows, worker processes for many."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from kconv._gvk import GroupResource
from kconv._pipeline import Pipeline
from kconv._store import Store
from kconv_migrations._executors.executor import Executor, InProcessExecutor
from kconv_migrations._executors.worker_executor import WorkerExecutor, default_workers

FEW_ROWS: Final = 5000
"""Rows under which worker processes take longer to start than they save."""


@contextmanager
def executor_for(
    store: Store,
    pipeline: Pipeline,
    workers: int | None = None,
    apis: Sequence[str] = (),
    groups: Collection[str] | None = None,
    resources: Sequence[GroupResource] = (),
) -> Iterator[Executor]:
    """An executor with so many ``workers``, or as many as the rows are worth, while in the context.

    ``apis``, ``groups`` and ``resources`` are those of `WorkerExecutor`. Workers start at once and
    prepare for ``resources``, so that they are up when there is something to do.
    """
    if workers is None:
        rows = sum(
            each.objects + each.changes
            for each in store.counts()
            if groups is None or each.group in groups
        )
        workers = 1 if rows < FEW_ROWS else default_workers()
    if workers == 1:
        yield InProcessExecutor(store, pipeline)
        return
    with WorkerExecutor(workers, store, pipeline, groups, apis, resources) as executor:
        yield executor
