"""Undoing a run: its rows are restored from their before-images."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kconv._errors import Conflict, UsageError
from kconv._gvk import GroupResource
from kconv._store import BeforeImage, Key, RunTarget, Store
from kconv_migrations._migration.lease import LEASE, hold, live_run
from kconv_migrations._migration.pace import Pace
from kconv_migrations._migration.settings import LIVE
from kconv_migrations._migration.status import preferred_versions

BATCH = 500


@dataclass(slots=True)
class Undone:
    """What undoing a run did.

    ``restored`` rows hold what they held before it; ``written`` and ``deleted`` ones have been
    written or deleted since and stay as they are. ``preferred`` are the versions that resources
    are stored in again; ``left`` counts, by resource and version, the rows in other ones.
    """

    run: str
    restored: int = 0
    written: list[Key] = field(default_factory=list)
    deleted: list[Key] = field(default_factory=list)
    preferred: dict[str, str] = field(default_factory=dict)
    left: dict[tuple[str, str], int] = field(default_factory=dict)


def undo(
    store: Store,
    run_id: str,
    *,
    live: float | None = LIVE,
    lease: float = LEASE,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Undone:
    """Put back what a run replaced, and prefer the version that was preferred before it.

    First the preference goes back, so that servers write in the old version; then the rows that
    nobody has written since are restored. It is a run itself: no other can go on meanwhile. The
    before-images of rows that were not restored stay.

    Raises `NotFound` for an unknown run, `UsageError` where it has no before-images, `Conflict`
    when another run goes on, a later one has taken the objects on to another version, a live
    server cannot decode the version that would come back, or before-images are dropped meanwhile.
    """
    run = store.run(run_id)
    total = store.undo_size(run_id).rows
    if not total:
        raise UsageError(
            f"run {run_id} has no before-images: it replaced nothing, kept none, or "
            "they have been restored or dropped"
        )
    back = [target for target in run.targets if target.before]
    targets = [RunTarget(each.group, each.resource, (each.to,), each.before[0]) for each in back]
    _refuse_if_migrated_on(store, targets)
    undone = Undone(run_id)
    with hold(store, targets, lease) as held:
        store.prefer_all([(each.group, each.resource, each.to) for each in targets], live=live)
        for target in targets:
            name = f"{target.resource}.{target.group}".rstrip(".")
            undone.preferred[name] = target.to
        after: Key | None = None
        pace = Pace(store.head, BATCH)
        while page := store.undo_page(run_id, after=after, limit=pace.rows):
            began = time.monotonic()
            result = store.restore(run_id, page, live=live, held=held.id)
            undone.restored += len(result.restored)
            undone.written += _keys(result.written)
            undone.deleted += _keys(result.deleted)
            pace.after(len(page), time.monotonic() - began)
            after = page[-1].key
            progress(undone.restored + len(undone.written) + len(undone.deleted), total)
        _settle(store, targets, undone)
        handled = undone.restored + len(undone.written) + len(undone.deleted)
        if handled < total:
            raise Conflict(
                f"{total - handled:,} before-images of run {run_id} were dropped while it was "
                f"undone: {undone.restored:,} objects are restored, the others stay as they are"
            )
        held.ending = "done"
    return undone


def drop_undo(store: Store, run_id: str) -> int:
    """Forget a run's before-images; returns how many there were.

    Raises `NotFound`, and `Conflict` while any run goes on: it may be this one, or undo it.
    """
    store.run(run_id)
    run = live_run(store)
    if run is not None:
        raise Conflict(f"run {run.id} is going on: wait for its end")
    return store.drop_undo(run_id)


def _refuse_if_migrated_on(store: Store, targets: list[RunTarget]) -> None:
    """An object that a later run has rewritten is none to be restored: begin with that run."""
    preferred = preferred_versions(store)
    for target in targets:
        resource = GroupResource(target.group, target.resource)
        now = preferred.get(resource)
        if now not in (None, target.to, *target.before):
            raise Conflict(
                f"{resource} has been migrated to {now} since: undo that run first "
                "(`kconv migrate runs`), or go back with `kconv migrate --to`"
            )


def _keys(images: tuple[BeforeImage, ...]) -> list[Key]:
    return [each.key for each in images]


def _settle(store: Store, targets: list[RunTarget], undone: Undone) -> None:
    """Take versions without rows off the record, and count what is in the others."""
    for target in targets:
        for row in store.counts():
            if (row.group, row.resource) != target[:2] or row.api_version == target.to:
                continue
            if not store.drop(row.group, row.resource, row.api_version):
                name = f"{row.resource}.{row.group}".rstrip(".")
                undone.left[name, row.api_version] = row.objects + row.changes
