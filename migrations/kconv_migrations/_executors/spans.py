"""Spans of a section's rows: the unit of work of an executor.

Whoever runs a span reads its rows from the place, so that no rows are sent to a worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kconv._pipeline import Pipeline
from kconv.place import BeforeImage, Key, Mark, Place, RowRead, Where
from kconv_migrations._executors.row_processor import Processed, RowProcessor, Task
from kconv_migrations._executors.selection import Condition


@dataclass(frozen=True, slots=True)
class Span:
    """The rows after ``after`` (None: from the first) up to ``until`` (None: to the last).

    Those in the version ``other_than`` are passed over, and those that the run ``passing_over`` has
    put in quarantine. Running it does ``limit`` rows at most. Rows are compared with the
    before-images of ``runs``, the newest first, where the task compares. Rows that do not have all
    of ``selection`` are left out.
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

    @property
    def where(self) -> Where:
        """The section that the rows are of."""
        return Where(self.task.collection, self.section)


@dataclass(frozen=True, slots=True)
class SpanResult:
    """The first rows of a span, what became of them, and the rest of it.

    ``identities`` are (key, version, mark), in the order of the rows; ``compared`` counts those
    that were compared with a before-image.
    """

    identities: Sequence[tuple[Key, str, Mark]]
    processed: Processed
    rest: Span | None
    compared: int = 0

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
        identities = [(each.key, each.version, each.mark) for each in rows]
        compared = sum(each is not None for each in images) - sum(processed.unread.values())
        return SpanResult(identities, processed, rest, compared)
