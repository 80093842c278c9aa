"""Splitting the rows of a section into spans of a page each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kconv.place import NO_VERSION, Place
from kconv_migrations._executors.row_processor import Task
from kconv_migrations._executors.selection import Condition
from kconv_migrations._executors.spans import Span, Writing


def split_into_spans(
    place: Place,
    task: Task,
    section: str,
    limit: int | Callable[[], int],
    other_than: str = NO_VERSION,
    runs: tuple[str, ...] = (),
    passing_over: str = "",
    selection: tuple[Condition, ...] = (),
    writing: Writing | None = None,
) -> Iterator[Span]:
    """The rows of a section of a task's collection in spans of ``limit`` rows, in order.

    The limit may be another one for each. Of a section that grows at its end, those up to the
    newest one at the beginning. Rows that do not have all of ``selection`` are left out.
    """
    rows = limit if callable(limit) else lambda: limit
    rest = Span(task, section, other_than, 0, None, None, runs, passing_over, selection, writing)
    last = place.last(rest.where)
    while True:
        rest = replace(rest, limit=rows())
        boundary = place.boundary(
            rest.where, other_than=other_than, after=rest.after, until=last, rows=rest.limit
        )
        if boundary is None:
            yield replace(rest, until=last)
            return
        yield replace(rest, until=boundary)
        rest = replace(rest, after=boundary)
