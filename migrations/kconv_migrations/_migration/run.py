"""The run: flip, rewrite in pages, prove that nothing is left, take the old version off the record.

Rows are selected by the version they are encoded in, so a run that was killed at any moment is
finished by the next one. Writers go on meanwhile: a row that changed since it was read is not
written and is looked at again.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from kconv._errors import Conflict
from kconv._pipeline import Pipeline
from kconv._store import Key, Place, Quarantined, Row, RunTarget, Store
from kconv_migrations._executors.executor import Executor, InProcessExecutor, results
from kconv_migrations._executors.row_processor import Processed, Task
from kconv_migrations._executors.spans import Span, SpanResult, mark_of
from kconv_migrations._migration.flip_check import check_flips
from kconv_migrations._migration.lease import hold
from kconv_migrations._migration.outcome import MAX_BROKEN, Outcome, Progress
from kconv_migrations._migration.pace import Pace
from kconv_migrations._migration.plan import Target
from kconv_migrations._migration.rate_limit import RateLimit
from kconv_migrations._migration.retry import RetryingStore
from kconv_migrations._migration.settings import Settings
from kconv_migrations._migration.split import split_into_spans

_LATEST: Final = 2**63

PAUSE = 0.1
"""Seconds between two looks for rows of writers that have not seen the flip yet."""


def migrate(
    store: Store,
    pipeline: Pipeline,
    targets: Sequence[Target],
    settings: Settings | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    executor: Executor | None = None,
) -> Iterator[Outcome]:
    """Migrate each target, one after the other, and yield what became of it.

    All preferences are flipped before the first row is rewritten. ``executor`` converts
    the rows, this process if None. A dry run writes nothing, and may go on beside another run.

    Raises `Conflict` when another run goes on, when a live server cannot decode a target's
    version, and when somebody flips a resource to another version meanwhile; and what the store
    raises.
    """
    chosen = settings or Settings()
    executor = executor or InProcessExecutor(store, pipeline)
    if chosen.dry_run:
        for target in targets:
            yield MigrationPass(store, target, chosen, progress, executor, "").rehearse()
        return
    if not targets:
        return
    with hold(store, _run_targets(store, targets), chosen.lease, chosen.keep_undo) as held:
        check_flips(store, targets, chosen.live)
        flips = [
            (target.resource.group, target.resource.resource, target.api_version)
            for target in targets
            if target.flips
        ]
        store.prefer_all(flips, live=chosen.live)
        finished = True
        for target in targets:
            outcome = MigrationPass(store, target, chosen, progress, executor, held.id).rewrite()
            finished = finished and outcome.done
            yield outcome
        held.ending = "done" if finished else "failed"
    store.expire_undo()


def _run_targets(store: Store, targets: Sequence[Target]) -> list[RunTarget]:
    """What the run's record says: the version preferred before comes first in ``before``."""
    recorded = store.storage_versions()
    found = []
    for target in targets:
        group, resource = target.resource.group, target.resource.resource
        others = sorted(
            (
                each
                for each in recorded
                if (each.group, each.resource) == (group, resource)
                and each.api_version != target.api_version
            ),
            key=lambda each: not each.preferred,
        )
        before = tuple(each.api_version for each in others)
        found.append(RunTarget(group, resource, before, target.api_version))
    return found


class MigrationPass:
    """One target's way: passes over all that is encoded otherwise, until one finds nothing."""

    def __init__(
        self,
        store: Store,
        target: Target,
        settings: Settings,
        progress: Callable[[Progress], None],
        executor: Executor,
        run: str,
    ) -> None:
        self._retrying = RetryingStore(store, settings.outage, self._report)
        self.store = self._retrying.store
        self.target = target
        self.settings = settings
        self.progress = progress
        self.executor = executor
        self.group, self.resource = target.resource.group, target.resource.resource
        self.outcome = Outcome(target, run)
        self.failed: dict[tuple[Place, Key, int], Quarantined] = {}
        self.done = self.total = 0
        self.began = time.monotonic()
        self.rate_limit = RateLimit(settings.rate)
        # Who says a rate has chosen what is left to others.
        self.pace = None if settings.rate > 0 else Pace(self.store.head, settings.page)

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
            kept = self._drop()
            self._forget_settled()
            hopeless = bool(self.failed) and sum(kept.values()) <= len(self.failed)
            if not kept or hopeless or time.monotonic() > deadline:
                self.outcome.kept = kept
                return self._end()
            time.sleep(PAUSE)

    def _end(self) -> Outcome:
        self.outcome.failures = list(self.failed.values())
        self.outcome.seconds = time.monotonic() - self.began
        if self.settings.dry_run:
            self.outcome.seconds -= self.rate_limit.slept
        return self.outcome

    def _pass(self) -> bool:
        """Go once over all rows encoded otherwise; whether any of them was rewritten.

        Changes made during the pass are for the next one, or a busy writer would keep this one
        from its end.
        """
        before = self.outcome.objects + self.outcome.changes
        for result in self._results("objects"):
            self.outcome.objects += self._end_page(result, "objects")
        for result in self._results("changes"):
            self.outcome.changes += self._end_page(result, "changes")
        return self.outcome.objects + self.outcome.changes > before

    def _results(self, where: Place) -> Iterator[SpanResult]:
        """What becomes of all rows encoded otherwise, but for those that have failed already."""
        settings, target = self.settings, self.target
        task = Task(
            "rehearse" if settings.dry_run else "rewrite",
            target.resource,
            target.api_version,
            accept_loss=settings.accept_loss,
            validate=settings.validate or settings.dry_run,
        )
        spans = split_into_spans(self.store, task, where, settings.page, target.api_version)
        if self.failed:
            spans = self._without_failed(spans, where)
        return results(self.executor, spans, self._retrying.retry)

    def _without_failed(self, spans: Iterable[Span], where: Place) -> Iterator[Span]:
        failed = sorted(
            (mark_of(key, number, where), number)
            for place, key, number in self.failed
            if place == where
        )
        for span in spans:
            first = 0 if span.after is None else bisect_right(failed, (span.after, _LATEST))
            last = None if span.until is None else bisect_right(failed, (span.until, _LATEST))
            yield replace(span, skip=frozenset(failed[first:last]))

    def _end_page(self, result: SpanResult, where: Place) -> int:
        """Add a page to the outcome, and write its new bytes; returns the rows written."""
        outcome, run, processed = self.outcome, self.outcome.run, result.processed
        rows = result.rows(self.target.resource)
        failed = [each.quarantined(rows[at], where, run) for at, each in processed.problems.items()]
        for each in failed:
            self.failed[where, each.key, each.resource_version] = each
        outcome.broken_count += len(processed.broken)
        room = MAX_BROKEN - len(outcome.broken)
        for at, problem in list(processed.broken.items())[:room]:
            outcome.broken.append(problem.quarantined(rows[at], where, run))
        for path, count in processed.lost.items():
            outcome.lost[path] = outcome.lost.get(path, 0) + count
        sound = written = len(rows) - len(failed)
        if not self.settings.dry_run:
            if failed:
                self.store.quarantine(failed)
            written = self._write(rows, processed, where)
        self._advance(len(rows), sound - written)
        return written

    def _write(self, rows: Sequence[Row], processed: Processed, where: Place) -> int:
        version, run = self.target.api_version, self.outcome.run
        items = [
            (row, version, data)
            for row, data in zip(rows, processed.data, strict=True)
            if data is not None
        ]
        written = 0
        while items:
            began = time.monotonic()
            part = items[: self.pace.rows] if self.pace is not None else items
            if where == "changes":
                written += self.store.rewrite_changes(part, run=run)
            else:
                written += self.store.rewrite(part, run=run, keep_undo=self.settings.undo)
            if self.pace is not None:
                self.pace.after(len(part), time.monotonic() - began)
            items = items[len(part) :]
        return written

    def _forget_settled(self) -> None:
        """Forget failures of rows that somebody has written or deleted since."""
        if self.failed:
            still = {
                (each.where, each.key, each.resource_version)
                for each in self.store.quarantined(self.group, self.resource)
            }
            self.failed = {place: each for place, each in self.failed.items() if place in still}

    def _drop(self) -> dict[str, int]:
        """Take versions without rows off the record; the others, with the rows left in them.

        Counting goes over all rows, and is done for those others only.
        """
        mine = (self.group, self.resource)
        kept = []
        for each in self.store.storage_versions():
            version = each.api_version
            if (each.group, each.resource) != mine or version == self.target.api_version:
                continue
            if self.store.drop(*mine, version):
                self.outcome.dropped.append(version)
            else:
                kept.append(version)
        left = self._left() if kept else {}
        return {version: left.get(version, 0) for version in kept}

    def _left(self) -> dict[str, int]:
        """Rows in each version on record but the wanted one."""
        return {
            row.api_version: row.objects + row.changes
            for row in self.store.counts()
            if (row.group, row.resource) == (self.group, self.resource)
            and row.api_version != self.target.api_version
        }

    def _count(self) -> None:
        self.total = sum(self._left().values())
        self._report()

    def _check_preference(self) -> None:
        preferred = self.store.storage_version(self.group, self.resource)
        if preferred != self.target.api_version:
            raise Conflict(
                f"{self.target.resource} was flipped to {preferred} by somebody else: "
                "run `kconv migrate status`, then decide"
            )

    def _advance(self, rows: int, raced: int) -> None:
        self.outcome.raced += raced
        self.done += rows
        self._report()
        self.rate_limit.wait(rows)

    def _report(self, waiting: str = "") -> None:
        self.total = max(self.total, self.done)
        self.progress(Progress(self.target, self.done, self.total, waiting))
