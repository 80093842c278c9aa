"""Verifying every row: it decodes, is in the preferred version, and means what it meant before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from kconv._pipeline import Pipeline
from kconv.place import OBJECTS, Collection, Place, Quarantined, Where
from kconv_migrations._executors.executor import Executor, results
from kconv_migrations._executors.problem import Problem
from kconv_migrations._executors.row_processor import RowProcessor, Task
from kconv_migrations._executors.spans import SpanResult
from kconv_migrations._migration.outcome import MAX_BROKEN
from kconv_migrations._migration.split import split_into_spans
from kconv_migrations._migration.status import preferred_versions, status

BATCH = 500

NOT_PREFERRED: Final = "NotPreferred"
"""The reason of a row that is in another version than the preferred one."""


@dataclass(slots=True)
class Verified:
    """What was verified of a collection; ``compared`` objects were compared with a before-image.

    ``rows`` are those of each section; ``unread`` counts the before-images that this code cannot
    read, by their version. ``broken_count`` rows are well but for a rule that they break; the first
    ones are in ``broken``.
    """

    collection: Collection
    preferred: str
    rows: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    unread: dict[str, int] = field(default_factory=dict)
    failures: list[Quarantined] = field(default_factory=list)
    broken: list[Quarantined] = field(default_factory=list)
    broken_count: int = 0

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.collection.name

    @property
    def objects(self) -> int:
        """Objects that were looked at."""
        return self.rows[OBJECTS]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.failures


def verify(
    place: Place,
    executor: Executor,
    only: Iterable[str] = (),
    progress: Callable[[Verified], None] = lambda _: None,
) -> Iterator[Verified]:
    """Verify every collection on record, or ``only`` some.

    A row fails that does not decode, is not in the preferred version, or does not mean what its
    before-image means, where one is kept of it and nobody has written the object since. One that
    this code cannot read, as its version has left the code, is no failure. Rows of a collection
    whose kind the code does not have all fail. One that breaks a rule, so that it can be read and
    not written as it is, is no failure either, and counted. Nothing is written. ``progress`` is
    called after each page.
    """
    wanted = set(only)
    runs = tuple(run.id for run in place.runs() if place.undo_size(run.id).rows)
    for each in status(place):
        if wanted and each.name not in wanted:
            continue
        verified = Verified(each.collection, each.preferred)
        task = Task("verify", each.name, each.preferred)
        for section in each.collection.sections:
            kept = runs if section.keeps_before_images else ()
            spans = split_into_spans(place, task, section.name, BATCH, runs=kept)
            for result in results(executor, spans):
                _add(verified, result, Where(each.name, section.name))
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


def check_quarantine(place: Place, pipeline: Pipeline) -> QuarantineCheck:
    """Take rows out of quarantine that decode and are in the preferred version.

    No run would rewrite them, where an older version is preferred again. What is wrong with the
    others in that version is recorded anew.
    """
    found = QuarantineCheck()
    preferred = preferred_versions(place)
    processor = RowProcessor(pipeline, place.collections())
    for each in place.quarantined():
        if preferred.get(each.collection) != each.version:
            found.elsewhere.append(each)
            continue
        where = Where(each.collection, each.section)
        row = place.row(where, each.key)
        if row is None or (row.version, row.mark) != (each.version, each.mark):
            continue
        task = Task("verify", each.collection, each.version)
        processed = processor.process(task, [(row.version, row.data)])
        problem = processed.problems.get(0)
        if problem is None:
            found.released.append(each)
        else:
            found.wrong.append(problem.quarantined(row, where, each.run))
    place.release(found.released)
    place.quarantine(found.wrong)
    return found


def _add(verified: Verified, result: SpanResult, where: Where) -> None:
    rows = result.rows()
    for index, row in enumerate(rows):
        problem = result.processed.problems.get(index)
        if problem is None and row.version != verified.preferred:
            said = f"is in {row.version}, not in {verified.preferred}"
            problem = Problem(NOT_PREFERRED, said)
        if problem is not None:
            verified.failures.append(problem.quarantined(row, where))
        elif (broken := result.processed.broken.get(index)) is not None:
            verified.broken_count += 1
            if len(verified.broken) < MAX_BROKEN:
                verified.broken.append(broken.quarantined(row, where))
    verified.compared += result.compared
    for version, count in result.processed.unread.items():
        verified.unread[version] = verified.unread.get(version, 0) + count
    verified.rows[where.section] += len(rows)
