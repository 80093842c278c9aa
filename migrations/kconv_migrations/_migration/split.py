"""Splitting the rows of a resource into spans of a page each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kconv._store import Place, Store
from kconv_migrations._executors.row_processor import Task
from kconv_migrations._executors.spans import NO_VERSION, Mark, Span


def split_into_spans(
    store: Store,
    task: Task,
    where: Place,
    limit: int,
    other_than: str = NO_VERSION,
    runs: tuple[str, ...] = (),
) -> Iterator[Span]:
    """The rows of a task's resource in spans of ``limit`` rows, in order.

    Of the change log, the entries up to the newest one at the beginning.
    """
    rest = Span(task, where, other_than, limit, runs=runs)
    last: Mark | None = None
    # Marks of objects are found from marks of objects, those of the log from those of the log.
    find: Any = store.objects_boundary
    if where == "changes":
        find, last, rest = store.changes_boundary, store.head(), replace(rest, after=0)
    group, resource = task.resource.group, task.resource.resource
    while True:
        mark: Mark | None = find(
            group, resource, other_than=other_than, after=rest.after, rows=limit
        )
        if mark is None or (last is not None and mark >= last):  # type: ignore[operator]  # both are of one kind
            yield replace(rest, until=last)
            return
        yield replace(rest, until=mark)
        rest = replace(rest, after=mark)
