"""The run: flip, rewrite in pages, prove that nothing is left, take the old version off the record.

Rows are selected by the version they are encoded in, so a run that was killed at any moment is
finished by the next one. Writers go on meanwhile: a row that changed since it was read is not
written and is looked at again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from kconv.errors import Conflict, KconvError
from kconv.pipeline import Pipeline
from kconv.store import Change, Store, Stored
from kconv_migrations.storage.plan import Target
from kconv_migrations.storage.rewrite import Reencoder, ref_of

Row = TypeVar("Row", bound=Stored | Change)

PAUSE = 0.1
"""Seconds between two looks for rows of writers that have not seen the flip yet."""

PATIENCE = 30.0
"""Seconds that such rows may keep coming until the run gives up: servers read the record anew
every second."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run. ``rate`` is rows a second over all, 0 for as fast as it goes."""

    batch_size: int = 200
    rate: float = 0.0
    dry_run: bool = False
    patience: float = PATIENCE


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the rows of a resource are; ``total`` may grow while writers write."""

    target: Target
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that cannot be rewritten and was left as it is."""

    stored: Stored
    error: KconvError
    where: Literal["objects", "changes"]


@dataclass(slots=True)
class Outcome:
    """What became of a resource.

    ``objects`` and ``changes`` were rewritten (in a dry run: would be); ``raced`` were changed by
    a writer between read and write. ``dropped`` versions are off the record, each in the
    transaction that saw no row in it; ``kept`` ones are still on it, with the rows left in them.
    """

    target: Target
    objects: int = 0
    changes: int = 0
    raced: int = 0
    failures: list[Failure] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def done(self) -> bool:
        """Whether every row is, or in a dry run can be, in the version wanted."""
        return not self.failures and not self.kept


def migrate(
    store: Store,
    pipeline: Pipeline,
    targets: Sequence[Target],
    settings: Settings | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Iterator[Outcome]:
    """Migrate each target, one after the other, and yield what became of it.

    All preferences are flipped before the first row is rewritten. Raises `Conflict` when somebody
    flips a resource to another version meanwhile, and what the store raises.
    """
    chosen = settings or Settings()
    if not chosen.dry_run:
        for target in targets:
            if target.flips:
                resource = target.resource
                store.prefer(resource.group, resource.resource, target.api_version)
    for target in targets:
        yield _Run(store, Reencoder(pipeline), target, chosen, progress).run()


class _Run:
    """One target's run: passes over all that is encoded otherwise, until a pass finds nothing."""

    def __init__(
        self,
        store: Store,
        reencoder: Reencoder,
        target: Target,
        settings: Settings,
        progress: Callable[[Progress], None],
    ) -> None:
        self.store = store
        self.reencoder = reencoder
        self.target = target
        self.settings = settings
        self.progress = progress
        self.group, self.resource = target.resource.group, target.resource.resource
        self.outcome = Outcome(target)
        self.failed: dict[tuple[str, object, int], Failure] = {}
        self.done = 0
        self.began = time.monotonic()

    def run(self) -> Outcome:
        self.total = sum(self._left().values())
        self._tell()
        if self.settings.dry_run:
            self._pass()
        else:
            self._rewrite()
        self.outcome.failures = list(self.failed.values())
        self.outcome.seconds = time.monotonic() - self.began
        return self.outcome

    def _rewrite(self) -> None:
        deadline = time.monotonic() + self.settings.patience
        while True:
            self._check_preference()
            self.failed.clear()
            if self._pass():
                deadline = time.monotonic() + self.settings.patience
            kept = self._drop()
            hopeless = bool(self.failed) and sum(kept.values()) <= len(self.failed)
            if not kept or hopeless or time.monotonic() > deadline:
                self.outcome.kept = kept
                return
            time.sleep(PAUSE)

    def _pass(self) -> bool:
        """Go once over all rows encoded otherwise; whether any of them was rewritten.

        Changes made during the pass are for the next one, or a busy writer would keep this one
        from its end.
        """
        head = self.store.head()
        before = self.outcome.objects + self.outcome.changes
        position: tuple[str, str] | None = None
        version, limit = self.target.api_version, self.settings.batch_size
        while objects := self.store.encoded(
            self.group, self.resource, other_than=version, after=position, limit=limit
        ):
            ready = [(each, version, data) for each, data in self._convert(objects, "objects")]
            written = len(ready) if self.settings.dry_run else self.store.rewrite(ready)
            self.outcome.objects += written
            self._advance(len(objects), len(ready) - written)
            position = (objects[-1].key.namespace, objects[-1].key.name)
        after = 0
        while after < head and (
            changes := self.store.encoded_changes(
                self.group, self.resource, other_than=version, after=after, limit=limit
            )
        ):
            done = [(each, version, data) for each, data in self._convert(changes, "changes")]
            written = len(done) if self.settings.dry_run else self.store.rewrite_changes(done)
            self.outcome.changes += written
            self._advance(len(changes), len(done) - written)
            after = changes[-1].stored.resource_version
        return self.outcome.objects + self.outcome.changes > before

    def _convert(
        self, rows: Sequence[Row], where: Literal["objects", "changes"]
    ) -> Iterator[tuple[Row, bytes]]:
        for row in rows:
            stored = row.stored if isinstance(row, Change) else row
            try:
                data = self.reencoder.reencode(stored, self.target.spoke)
            except KconvError as error:
                error.about = error.about or ref_of(stored)
                place = (where, stored.key, stored.resource_version)
                self.failed[place] = Failure(stored, error, where)
            else:
                yield row, data

    def _drop(self) -> dict[str, int]:
        """Take versions without rows off the record; the others, with the rows left in them."""
        kept = {}
        for version in self._left():
            if self.store.drop(self.group, self.resource, version):
                self.outcome.dropped.append(version)
            else:
                kept[version] = self._left().get(version, 0)
        return kept

    def _left(self) -> dict[str, int]:
        """Rows in each version on record but the wanted one."""
        return {
            row.api_version: row.objects + row.changes
            for row in self.store.counts()
            if (row.group, row.resource) == (self.group, self.resource)
            and row.api_version != self.target.api_version
        }

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
        self._tell()
        rate = self.settings.rate
        if rate > 0:
            ahead = self.done / rate - (time.monotonic() - self.began)
            if ahead > 0:
                time.sleep(ahead)

    def _tell(self) -> None:
        self.total = max(self.total, self.done)
        self.progress(Progress(self.target, self.done, self.total))
