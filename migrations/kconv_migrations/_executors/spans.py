"""Spans of a resource's rows: the unit of work of an executor.

Whoever runs a span reads its rows from the database, so that no rows are sent to a worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kconv._gvk import GroupResource
from kconv._pipeline import Pipeline
from kconv._store import Key, Place, Row, Store, Stored
from kconv_migrations._executors.before_images import BeforeImages
from kconv_migrations._executors.row_processor import Processed, RowProcessor, Task

Mark = tuple[str, str] | int
"""The position of a row: (namespace, name) of an object, the resourceVersion of a change."""

NO_VERSION: Final = ""
"""As ``other_than`` of a span: no row is in this version, so none is passed over."""


@dataclass(frozen=True, slots=True)
class Span:
    """The rows after ``after`` (None: from the first) up to ``until`` (None: to the last).

    Those in the version ``other_than`` are passed over, and those of ``skip``, each a mark and a
    resourceVersion. Running it does ``limit`` rows at most. Objects are compared with the
    before-images of ``runs``, where the task compares.
    """

    task: Task
    where: Place
    other_than: str
    limit: int
    after: Mark | None = None
    until: Mark | None = None
    runs: tuple[str, ...] = ()
    skip: frozenset[tuple[Mark, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class SpanResult:
    """The first rows of a span, what became of them, and the rest of it.

    ``identities`` are (namespace, name, version, resourceVersion), in the order of the rows;
    ``compared`` counts those that were compared with a before-image.
    """

    identities: Sequence[tuple[str, str, str, int]]
    processed: Processed
    rest: Span | None
    compared: int = 0

    def rows(self, resource: GroupResource) -> list[Row]:
        """The rows, of the resource that the span is of."""
        group, name = resource.group, resource.resource
        return [
            Row(Key(group, name, namespace, each), version, number)
            for namespace, each, version, number in self.identities
        ]


class SpanRunner:
    """Runs spans: reads their rows and processes them, with the versions of one scheme."""

    def __init__(self, store: Store, pipeline: Pipeline) -> None:
        self._store = store
        self._processor = RowProcessor(pipeline)

    def prepare(self, resources: Iterable[GroupResource]) -> None:
        """Build what is built on first use of some resources."""
        self._processor.prepare(resources)

    def run(self, span: Span) -> SpanResult:
        """Do the first rows of a span. Raises what the store raises."""
        task = span.task
        rows = self._objects(span) if span.where == "objects" else self._changes(span)
        last = _mark(rows[-1], span) if rows else span.until
        if span.until is not None:
            # Where rows have gone since the end was set, there are some that lie behind it.
            rows = [each for each in rows if _mark(each, span) <= span.until]  # type: ignore[operator]  # both are of one kind
        if span.skip:
            rows = [
                each for each in rows if (_mark(each, span), each.resource_version) not in span.skip
            ]
        images: Sequence[tuple[str, bytes] | None] = ()
        if span.runs and span.where == "objects":
            found = BeforeImages(self._store, task.resource, span.runs, span.after)
            images = [found.find(each) for each in rows]
        versions_and_data = [(each.api_version, each.data) for each in rows]
        processed = self._processor.process(task, versions_and_data, images)
        identities = [
            (each.key.namespace, each.key.name, each.api_version, each.resource_version)
            for each in rows
        ]
        over = last is None or (span.until is not None and last >= span.until)  # type: ignore[operator]  # both are of one kind
        rest = None if over else replace(span, after=last)
        compared = sum(each is not None for each in images) - sum(processed.unread.values())
        return SpanResult(identities, processed, rest, compared)

    def _objects(self, span: Span) -> list[Stored]:
        after = span.after
        assert not isinstance(after, int)
        resource = span.task.resource
        return self._store.scan_objects(
            resource.group,
            resource.resource,
            other_than=span.other_than,
            after=after,
            limit=span.limit,
        )

    def _changes(self, span: Span) -> list[Stored]:
        after = span.after or 0
        assert isinstance(after, int)
        resource = span.task.resource
        found = self._store.scan_changes(
            resource.group,
            resource.resource,
            other_than=span.other_than,
            after=after,
            limit=span.limit,
        )
        return [each.stored for each in found]


def _mark(row: Stored, span: Span) -> Mark:
    return mark_of(row.key, row.resource_version, span.where)


def mark_of(key: Key, resource_version: int, where: Place) -> Mark:
    """Where a row is among those of its resource."""
    if where == "objects":
        return key.namespace, key.name
    return resource_version
