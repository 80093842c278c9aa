"""Spans of a resource's rows: whoever does them reads them too, so that rows are sent nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kconv._gvk import GroupResource
from kconv._pipeline import Pipeline
from kconv._store import Key, Place, Row, Store, Stored
from kconv_migrations._executors.images import Images
from kconv_migrations._executors.jobs import Done, Hand, Job

Mark = tuple[str, str] | int
"""A place among rows: (namespace, name) among objects, a resourceVersion in the change log."""

ALL: Final = ""
"""As ``other_than``: no row is in this version."""


@dataclass(frozen=True, slots=True)
class Span:
    """The rows after ``after`` (None: from the first) up to ``until`` (None: to the last).

    Those in the version ``other_than`` are passed over, and those of ``skip``, each a mark and a
    resourceVersion. At most ``limit`` are done at once. Objects are compared with the
    before-images of ``runs``, where the job compares.
    """

    job: Job
    where: Place
    other_than: str
    limit: int
    after: Mark | None = None
    until: Mark | None = None
    runs: tuple[str, ...] = ()
    skip: frozenset[tuple[Mark, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """The first rows of a span, what became of them, and the rest of it.

    ``places`` are (namespace, name, version, resourceVersion), in the order of the rows;
    ``compared`` counts those that were compared with a before-image.
    """

    places: Sequence[tuple[str, str, str, int]]
    done: Done
    rest: Span | None
    compared: int = 0

    def rows(self, resource: GroupResource) -> list[Row]:
        """The rows, of the resource that the span is of."""
        group, name = resource.group, resource.resource
        return [
            Row(Key(group, name, namespace, each), version, number)
            for namespace, each, version, number in self.places
        ]


class Reader:
    """Reads spans and has them done, with the versions of one scheme."""

    def __init__(self, store: Store, pipeline: Pipeline) -> None:
        self._store = store
        self._hand = Hand(pipeline)

    def prepare(self, resources: Iterable[GroupResource]) -> None:
        """Build what is built on first use of some resources."""
        self._hand.prepare(resources)

    def do(self, span: Span) -> Answer:
        """The first page of a span. Raises what the store raises."""
        job = span.job
        rows = self._objects(span) if span.where == "objects" else self._changes(span)
        last = _mark(rows[-1], span) if rows else span.until
        if span.until is not None:
            # Where rows have gone since the end was set, there are some that lie behind it.
            rows = [each for each in rows if _mark(each, span) <= span.until]  # type: ignore[operator]
        if span.skip:
            rows = [
                each for each in rows if (_mark(each, span), each.resource_version) not in span.skip
            ]
        images: Sequence[tuple[str, bytes] | None] = ()
        if span.runs and span.where == "objects":
            found = Images(self._store, job.resource, span.runs, span.after)
            images = [found.of(each) for each in rows]
        done = self._hand.do(job, [(each.api_version, each.data) for each in rows], images)
        places = [
            (each.key.namespace, each.key.name, each.api_version, each.resource_version)
            for each in rows
        ]
        over = last is None or (span.until is not None and last >= span.until)  # type: ignore[operator]
        rest = None if over else replace(span, after=last)
        compared = sum(each is not None for each in images) - sum(done.unread.values())
        return Answer(places, done, rest, compared)

    def _objects(self, span: Span) -> list[Stored]:
        after = span.after
        assert not isinstance(after, int)
        resource = span.job.resource
        return self._store.encoded(
            resource.group,
            resource.resource,
            other_than=span.other_than,
            after=after,
            limit=span.limit,
        )

    def _changes(self, span: Span) -> list[Stored]:
        after = span.after or 0
        assert isinstance(after, int)
        resource = span.job.resource
        found = self._store.encoded_changes(
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
