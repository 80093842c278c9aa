"""Spans of a section's rows: the unit of work of an executor.

A worker of a span reads its rows from the place, so that no rows are sent to a worker. It may
write them, too: a row is written only if it still is as it was read, so a span may be run twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kconv._errors import TimedOut
from kconv._pipeline import Pipeline
from kconv.place import BeforeImage, Key, Mark, NewData, Place, Row, RowRead, Where
from kconv_migrations._executors.problem import Problem
from kconv_migrations._executors.row_processor import Processed, RowProcessor, Task
from kconv_migrations._executors.selection import Condition


@dataclass(frozen=True, slots=True)
class Writing:
    """That the process that runs a span writes its rows as well, for a run that is held."""

    run: str
    keep_before_images: bool


@dataclass(frozen=True, slots=True)
class Span:
    """The rows after ``after`` (None: from the first) up to ``until`` (None: to the last).

    Those in the version ``other_than`` are passed over, and those that the run ``passing_over`` has
    put in quarantine. Running it does ``limit`` rows at most. Rows are compared with the
    before-images of ``runs``, the newest first, where the task compares. Rows that do not have all
    of ``selection`` are left out. With ``writing``, what is made of them is written at once.
    """

    task: Task
    section: str
    other_than: str
    limit: int
    after: Key | None = None
    until: Key | None = None
    runs: tuple[str, ...] = ()
    passing_over: str = ""
    selection: tuple[Condition, ...] = ()
    writing: Writing | None = None

    @property
    def where(self) -> Where:
        """The section that the rows are of."""
        return Where(self.task.collection, self.section)


@dataclass(frozen=True, slots=True)
class SpanResult:
    """The first rows of a span, what became of them, and the rest of it.

    ``identities`` are (key, version, mark), in the order of the rows; ``compared`` counts those
    that were compared with a before-image. ``written`` counts those that were written along with
    it, in ``seconds``; None where that is left to the receiver of the result.
    """

    identities: Sequence[tuple[Key, str, Mark]]
    processed: Processed
    rest: Span | None
    compared: int = 0
    written: int | None = None
    seconds: float = 0.0

    def rows(self) -> list[RowRead]:
        """The rows as they were read."""
        return [RowRead(*each) for each in self.identities]


class SpanRunner:
    """Runs spans: reads their rows and processes them, with the versions of one scheme."""

    def __init__(self, place: Place, pipeline: Pipeline) -> None:
        self._place = place
        self._processor = RowProcessor(pipeline, place.collections())

    def close(self) -> None:
        """Give back what the place has open."""
        self._place.close()

    def prepare(self, collections: Iterable[str]) -> None:
        """Build what is built on first use of some collections."""
        self._processor.prepare(collections)

    def run(self, span: Span) -> SpanResult:
        """Do the first rows of a span. Raises what the place raises."""
        rows = self._place.page(
            span.where,
            other_than=span.other_than,
            after=span.after,
            until=span.until,
            limit=span.limit,
            passing_over=span.passing_over,
        )
        over = not rows or rows[-1].key == span.until
        rest = None if over else replace(span, after=rows[-1].key)
        if span.selection:
            rows = [row for row in rows if all(each.holds(row) for each in span.selection)]
        images: Sequence[BeforeImage | None] = ()
        if span.runs and rows:
            images = self._place.before_images(span.where, rows, span.runs)
        data = [(each.version, each.data) for each in rows]
        processed = self._processor.process(span.task, data, images)
        _add_own_problems(processed, rows)
        identities = [(each.key, each.version, each.mark) for each in rows]
        compared = sum(each is not None for each in images) - sum(processed.unread.values())
        if span.writing is None:
            return SpanResult(identities, processed, rest, compared)
        items = [
            NewData(row, span.task.api_version, new)
            for row, new in zip(rows, processed.data, strict=True)
            if new is not None
        ]
        began = time.monotonic()
        written = self._write(span.where, items, span.writing)
        # They need not go where the result goes.
        processed.data = []
        seconds = time.monotonic() - began
        return SpanResult(identities, processed, rest, compared, written, seconds)

    def _write(self, where: Where, items: Sequence[NewData], writing: Writing) -> int:
        """Write rows, in halves where they take too long at once; returns how many were written."""
        if not items:
            return 0
        keep = writing.keep_before_images
        try:
            return self._place.write(where, items, run=writing.run, keep_before_images=keep)
        except TimedOut:
            if len(items) == 1:
                raise
        half = len(items) // 2
        return sum(self._write(where, part, writing) for part in (items[:half], items[half:]))


def _add_own_problems(processed: Processed, rows: Sequence[Row]) -> None:
    """Have what a place says of rows that it cannot read stand for what was found in their data."""
    for at, row in enumerate(rows):
        if row.problem:
            processed.problems[at] = Problem("Unreadable", row.problem, row.findings)
            processed.broken.pop(at, None)
            if processed.data:
                processed.data[at] = None
