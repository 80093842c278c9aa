"""Verifying every row: it decodes, is in the preferred version, and means what it meant before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from kconv._errors import Expired, NotFound
from kconv._gvk import GroupResource
from kconv._pipeline import Pipeline
from kconv._store import Place, Quarantined, Store, Stored
from kconv_migrations._executors.executor import Executor, results
from kconv_migrations._executors.problem import Problem
from kconv_migrations._executors.row_processor import RowProcessor, Task
from kconv_migrations._executors.spans import SpanResult
from kconv_migrations._migration.split import split_into_spans
from kconv_migrations._migration.status import preferred_versions, status

BATCH = 500


@dataclass(slots=True)
class Verified:
    """What was verified of a resource; ``compared`` objects were compared with a before-image.

    ``unread`` counts the before-images that this code cannot read, by their version.
    """

    resource: GroupResource
    preferred: str
    objects: int = 0
    changes: int = 0
    compared: int = 0
    unread: dict[str, int] = field(default_factory=dict)
    failures: list[Quarantined] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.failures


def verify(
    store: Store,
    executor: Executor,
    only: Iterable[GroupResource] = (),
    progress: Callable[[Verified], None] = lambda _: None,
) -> Iterator[Verified]:
    """Verify every resource on record, or ``only`` some.

    A row fails that does not decode, is not in the preferred version, or does not mean what its
    before-image means, where one is kept of it and nobody has written the object since. One that
    this code cannot read, as its version has left the code, is no failure. Rows of a resource
    that the scheme does not have all fail. Nothing is written. ``progress`` is called after each
    page.
    """
    wanted = set(only)
    runs = tuple(run.id for run in store.runs() if store.undo_size(run.id).rows)
    places: tuple[Place, ...] = ("objects", "changes")
    for each in status(store):
        if wanted and each.resource not in wanted:
            continue
        verified = Verified(each.resource, each.preferred)
        task = Task("verify", each.resource, each.preferred)
        for where in places:
            spans = split_into_spans(store, task, where, BATCH, runs=runs)
            for result in results(executor, spans):
                _add(verified, result, where)
                progress(verified)
        yield verified


@dataclass(slots=True)
class QuarantineCheck:
    """The rows in quarantine: ``released`` ones are sound, ``wrong`` ones still are not.

    ``elsewhere`` are not in the preferred version: a run rewrites them.
    """

    released: list[Quarantined] = field(default_factory=list)
    wrong: list[Quarantined] = field(default_factory=list)
    elsewhere: list[Quarantined] = field(default_factory=list)


def check_quarantine(store: Store, pipeline: Pipeline) -> QuarantineCheck:
    """Take rows out of quarantine that decode and are in the preferred version.

    No run would rewrite them, where an older version is preferred again. What is wrong with the
    others in that version is recorded anew.
    """
    found = QuarantineCheck()
    preferred = preferred_versions(store)
    processor = RowProcessor(pipeline)
    for each in store.quarantined():
        resource = GroupResource(each.key.group, each.key.resource)
        if preferred.get(resource) != each.api_version:
            found.elsewhere.append(each)
            continue
        row = _row_of(store, each)
        if row is None:
            continue
        task = Task("verify", resource, each.api_version)
        processed = processor.process(task, [(row.api_version, row.data)])
        problem = processed.problems.get(0)
        if problem is None:
            found.released.append(each)
        else:
            found.wrong.append(problem.quarantined(row, each.where, each.run))
    store.release(found.released)
    store.quarantine(found.wrong)
    return found


def _row_of(store: Store, quarantined: Quarantined) -> Stored | None:
    """The row that an entry speaks of; None where it has been written or has gone since."""
    key, number = quarantined.key, quarantined.resource_version
    try:
        if quarantined.where == "objects":
            rows = [store.get(key)]
        else:
            changes = store.changes(number - 1, group=key.group, resource=key.resource, limit=1)
            rows = [each.stored for each in changes]
    except (NotFound, Expired):
        return None
    wanted = (key, number, quarantined.api_version)
    return next((r for r in rows if (r.key, r.resource_version, r.api_version) == wanted), None)


def _add(verified: Verified, result: SpanResult, where: Place) -> None:
    rows = result.rows(verified.resource)
    for index, row in enumerate(rows):
        problem = result.processed.problems.get(index)
        if problem is None and row.api_version != verified.preferred:
            said = f"is in {row.api_version}, not in {verified.preferred}"
            problem = Problem("NotPreferred", said)
        if problem is not None:
            verified.failures.append(problem.quarantined(row, where))
    verified.compared += result.compared
    for version, count in result.processed.unread.items():
        verified.unread[version] = verified.unread.get(version, 0) + count
    if where == "objects":
        verified.objects += len(rows)
    else:
        verified.changes += len(rows)
