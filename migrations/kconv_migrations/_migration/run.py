"""The run: flip, rewrite in pages, prove that nothing is left, take the old version off the record.

Rows are selected by the version they are encoded in, so a run that was killed at any moment is
finished by the next one. Writers go on meanwhile: a row that changed since it was read is not
written and is looked at again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from kconv._errors import Conflict
from kconv._pipeline import Pipeline
from kconv.place import (
    Key,
    Mark,
    NewData,
    Place,
    Quarantined,
    RowRead,
    RunTarget,
    Section,
    Unproved,
    Where,
)
from kconv_migrations._executors.executor import Executor, InProcessExecutor, results
from kconv_migrations._executors.row_processor import Processed, Task
from kconv_migrations._executors.spans import Span, SpanResult, Writing
from kconv_migrations._migration.lease import hold
from kconv_migrations._migration.live_code import check_live_code
from kconv_migrations._migration.outcome import MAX_BROKEN, Outcome, Progress
from kconv_migrations._migration.plan import Target
from kconv_migrations._migration.retry import RetryingPlace
from kconv_migrations._migration.settings import Settings
from kconv_migrations._migration.split import split_into_spans
from kconv_migrations._migration.status import preferred_versions
from kconv_migrations._migration.steering import Steering
from kconv_migrations._migration.throttle import Throttle

PAUSE = 0.1
"""Seconds between two looks for rows of writers that have not seen the flip yet."""


def migrate(
    place: Place,
    pipeline: Pipeline,
    targets: Sequence[Target],
    settings: Settings | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    executor: Executor | None = None,
    begun: Callable[[], None] = lambda: None,
) -> Iterator[Outcome]:
    """Migrate each target, one after the other, and yield what became of it.

    All preferences are flipped before the first row is rewritten; ``begun`` is called in between,
    and by a dry run before the first row. ``executor`` converts the rows, this process if None. A
    dry run writes nothing, and may go on beside another run.

    Raises `Conflict` when another run goes on, when a live server cannot decode a version that is
    to be preferred or rows are to be rewritten in, and when somebody flips a collection to another
    version meanwhile; and what the place raises.
    """
    chosen = settings or Settings()
    executor = executor or InProcessExecutor(place, pipeline)
    if not targets:
        return
    if chosen.dry_run:
        begun()
        for target in targets:
            outcome = MigrationPass(place, target, chosen, progress, executor, "").rehearse()
            yield outcome
            if outcome.stopped:
                break
        return
    for target in targets:
        Throttle(place, chosen.limits).check(Where(target.name))
    with hold(place, _run_targets(place, targets), chosen.lease, chosen.keep_undo) as held:
        check_live_code(place, targets, chosen.live, chosen.vouched)
        flips = [(target.name, target.api_version) for target in targets if target.flips]
        place.prefer(flips, live=chosen.live)
        begun()
        finished = True
        raced = 0
        for target in targets:
            outcome = MigrationPass(
                place, target, chosen, progress, executor, held.id, raced_before=raced
            ).rewrite()
            finished = finished and outcome.done
            raced += outcome.raced
            yield outcome
            if outcome.stopped:
                break
        held.ending = "done" if finished else "failed"
    place.expire_undo()


def _run_targets(place: Place, targets: Sequence[Target]) -> list[RunTarget]:
    """What the run's record says: the version preferred before it comes first in ``before``."""
    recorded = place.versions()
    found = []
    for target in targets:
        others = sorted(
            (
                each
                for each in recorded
                if each.collection == target.name and each.version != target.api_version
            ),
            key=lambda each: not each.preferred,
        )
        before = tuple(each.version for each in others)
        if not target.flips:
            before = (target.api_version, *before)
        found.append(RunTarget(target.name, before, target.api_version))
    return found


class MigrationPass:
    """One target's way: passes over all that is encoded otherwise, until one finds nothing."""

    def __init__(
        self,
        place: Place,
        target: Target,
        settings: Settings,
        progress: Callable[[Progress], None],
        executor: Executor,
        run: str,
        raced_before: int = 0,
    ) -> None:
        self._retrying = RetryingPlace(place, settings.outage, self._report)
        self.place = self._retrying.place
        self.target = target
        self.settings = settings
        self.progress = progress
        self.executor = executor
        self.outcome = Outcome(target, run, is_slice=settings.is_slice)
        self.failed: dict[tuple[str, Key, Mark], Quarantined] = {}
        self.done = self.total = 0
        self.raced_before = raced_before
        self.began = time.monotonic()
        self.steering = Steering(self.place, run, settings, self._report)

    def rehearse(self) -> Outcome:
        """Convert every row, and write nothing."""
        self._count()
        self._pass()
        return self._end()

    def rewrite(self) -> Outcome:
        """Rewrite every row, and take the versions without rows off the record."""
        self._count()
        deadline = time.monotonic() + self.settings.patience
        while True:
            self._check_preference()
            if self._pass():
                deadline = time.monotonic() + self.settings.patience
            kept = self._close_versions()
            self._settle_failures()
            hopeless = bool(self.failed) and sum(kept.values()) <= len(self.failed)
            is_over = self.settings.is_slice or bool(self.outcome.stopped or self.outcome.unproved)
            if not kept or hopeless or is_over or time.monotonic() > deadline:
                self.outcome.kept = kept
                return self._end()
            time.sleep(PAUSE)

    def _end(self) -> Outcome:
        self.outcome.failures = list(self.failed.values())
        self.outcome.seconds = time.monotonic() - self.began
        self._report()
        self.steering.finish()
        if self.settings.dry_run:
            self.outcome.seconds -= self.steering.rate_limit.slept
        return self.outcome

    def _pass(self) -> bool:
        """Go once over all rows encoded otherwise; whether any of them was rewritten.

        Changes made during the pass are for the next one, or a busy writer would keep this one
        from its end.
        """
        before = self.outcome.rows
        for section in self.target.collection.sections:
            for result in self._results(section):
                self.outcome.add(section.name, self._end_page(result, section), self.began)
                if self.outcome.stopped or self._room() == 0:
                    return self.outcome.rows > before
        return self.outcome.rows > before

    def _room(self) -> int | None:
        """How many more rows are wanted; None for all."""
        most = self.settings.most_rows
        return None if most is None else max(most - self.outcome.rows, 0)

    def _results(self, section: Section) -> Iterator[SpanResult]:
        """What becomes of all rows encoded otherwise, but for those that have failed already."""
        settings, target = self.settings, self.target
        task = Task(
            "rehearse" if settings.dry_run else "rewrite",
            target.name,
            target.api_version,
            accept_loss=settings.accept_loss,
            validate=settings.validate or settings.dry_run,
            strict=settings.strict,
        )
        writing = self._writing(section)
        spans = split_into_spans(
            self.place,
            task,
            section.name,
            settings.page if writing is None else self._rows_to_write,
            target.api_version,
            passing_over=self.outcome.run if self.failed else "",
            selection=settings.selection,
            writing=writing,
        )
        if writing is not None:
            spans = self._in_turn(spans)
        return results(self.executor, spans, self._retrying.retry)

    def _writing(self, section: Section) -> Writing | None:
        """What those who run spans need to write rows, if they are to."""
        settings = self.settings
        # So many rows and no more are for one to count.
        if not self.executor.writes or settings.dry_run or settings.most_rows is not None:
            return None
        return Writing(self.outcome.run, settings.undo and section.keeps_before_images)

    def _rows_to_write(self) -> int:
        return min(self.settings.page, self.steering.rows)

    def _in_turn(self, spans: Iterator[Span]) -> Iterator[Span]:
        """Spans as they may be written: none while the run waits."""
        for span in spans:
            self.steering.wait_for_turn(span.where)
            yield span

    def _end_page(self, result: SpanResult, section: Section) -> int:
        """Add a page to the outcome, and write its new bytes; returns the rows written."""
        outcome, run, processed = self.outcome, self.outcome.run, result.processed
        where = Where(self.target.name, section.name)
        rows = result.rows()
        failed = [each.quarantined(rows[at], where, run) for at, each in processed.problems.items()]
        for each in failed:
            self.failed[each.section, each.key, each.mark] = each
        outcome.broken_count += len(processed.broken)
        room = MAX_BROKEN - len(outcome.broken)
        for at, problem in list(processed.broken.items())[:room]:
            outcome.broken.append(problem.quarantined(rows[at], where, run))
        for path, count in processed.lost.items():
            outcome.lost[path] = outcome.lost.get(path, 0) + count
        sound = len(rows) - len(failed)
        left = self._room()
        wanted = written = sound if left is None else min(sound, left)
        if not self.settings.dry_run:
            if failed:
                self.place.quarantine(failed)
            if result.written is None:
                written = self._write(rows, processed, section)
            else:
                written = result.written
                self.steering.after(sound, result.seconds)
        self._advance(len(rows), wanted - written, len(failed))
        if self.settings.most_failures is not None:
            self.outcome.stopped = self.settings.most_failures.exceeded(
                len(self.failed), self.done, self.total
            )
        return written

    def _write(self, rows: Sequence[RowRead], processed: Processed, section: Section) -> int:
        where, version = Where(self.target.name, section.name), self.target.api_version
        keep = self.settings.undo and section.keeps_before_images
        items = [
            NewData(row, version, data)
            for row, data in zip(rows, processed.data, strict=True)
            if data is not None
        ][: self._room()]
        run = self.outcome.run
        return self.steering.write(
            where,
            items,
            lambda part: self.place.write(where, part, run=run, keep_before_images=keep),
        )

    def _settle_failures(self) -> None:
        """Forget failures of rows that somebody has written or deleted since.

        And learn of those that the place has put in quarantine by itself, as it could not write
        them: they were counted as raced.
        """
        if not self.failed and not self.outcome.raced:
            return
        still = {
            (each.section, each.key, each.mark): each
            for each in self.place.quarantined(self.target.name)
        }
        self.failed = {row: each for row, each in self.failed.items() if row in still}
        for row, each in still.items():
            if each.run == self.outcome.run and row not in self.failed:
                self.failed[row] = each
                self.outcome.raced -= 1

    def _close_versions(self) -> dict[str, int]:
        """Take versions without rows off the record; the others, whose rows alone are counted."""
        kept: list[str] = []
        for each in self.place.versions():
            if each.collection != self.target.name or each.version == self.target.api_version:
                continue
            try:
                is_closed = self.place.close_version(each.collection, each.version)
            except Unproved as error:
                is_closed, self.outcome.unproved = False, error.message
            (self.outcome.dropped if is_closed else kept).append(each.version)
        left = self._left() if kept else Counter[str]()
        return {version: left[version] for version in kept}

    def _left(self) -> Counter[str]:
        """Rows in each version on record but the wanted one."""
        left: Counter[str] = Counter()
        for each in self.place.counts():
            if each.collection == self.target.name and each.version != self.target.api_version:
                left[each.version] += each.rows
        return left

    def _count(self) -> None:
        self.total = self._left().total()
        self._report()

    def _check_preference(self) -> None:
        preferred = preferred_versions(self.place).get(self.target.name)
        if preferred != self.target.api_version:
            raise Conflict(
                f"{self.target.name} was flipped to {preferred} by somebody else: "
                "run `kconv migrate status`, then decide"
            )

    def _advance(self, rows: int, raced: int, failed: int) -> None:
        self.outcome.raced += raced
        self.done += rows
        self._report()
        self.steering.rest(rows if self.settings.dry_run else failed)

    def _report(self, waiting: str = "") -> None:
        self.total = max(self.total, self.done)
        self.steering.done, self.steering.total = self.done, self.total
        self.steering.raced = self.raced_before + self.outcome.raced
        self.progress(Progress(self.target, self.done, self.total, waiting, self.outcome.raced))
