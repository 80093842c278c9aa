"""Undoing a run: its rows are restored from their before-images."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kconv._errors import Conflict, UsageError
from kconv.place import Key, Place, RowName, Run, RunTarget, Where
from kconv_migrations._migration.lease import LEASE, hold, live_run
from kconv_migrations._migration.settings import LIVE, Settings
from kconv_migrations._migration.status import preferred_versions
from kconv_migrations._migration.steering import Steering
from kconv_migrations._migration.throttle import Throttle

BATCH = 500


@dataclass(slots=True)
class Undone:
    """What undoing a run did.

    ``restored`` rows hold what they held before it; ``written`` and ``deleted`` ones have been
    written or deleted since and stay as they are, as do ``refused`` ones, each with what the place
    said. ``preferred`` are the versions that collections are stored in, those that were ``flipped``
    again; ``left`` counts, by collection and version, the rows in others.
    """

    run: str
    restored: int = 0
    written: list[RowName] = field(default_factory=list)
    deleted: list[RowName] = field(default_factory=list)
    refused: list[tuple[RowName, str]] = field(default_factory=list)
    preferred: dict[str, str] = field(default_factory=dict)
    left: dict[tuple[str, str], int] = field(default_factory=dict)
    flipped: set[str] = field(default_factory=set)

    @property
    def handled(self) -> int:
        """How many before-images have been looked at."""
        return self.restored + len(self.written) + len(self.deleted) + len(self.refused)


def undo(
    place: Place,
    run_id: str,
    *,
    live: float | None = LIVE,
    lease: float = LEASE,
    settings: Settings | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Undone:
    """Put back what a run replaced, and prefer the version that was preferred before it.

    First the preference goes back, so that servers write in the old version; then the rows that
    nobody has written since are restored. It is a run itself: no other can go on meanwhile. The
    before-images of rows that were not restored stay. Of ``settings``, what says how a run writes
    counts: batches, rate and limits.

    Raises `NotFound` for an unknown run, `UsageError` where it has no before-images or is about
    collections of another place, `Conflict`
    when another run goes on, a later one has taken the objects on to another version, a live
    server cannot decode the version that would come back, or before-images are dropped meanwhile.
    """
    run = place.run(run_id)
    _refuse_of_others(place, run)
    total = place.undo_size(run_id).rows
    if not total:
        raise UsageError(
            f"run {run_id} has no before-images: it replaced nothing, kept none, or "
            "they have been restored or dropped"
        )
    back = [target for target in run.targets if target.before]
    preferred = preferred_versions(place)
    targets = [
        RunTarget(each.collection, (each.to,), _former(each, preferred.get(each.collection)))
        for each in back
    ]
    _refuse_if_migrated_on(preferred, targets)
    undone = Undone(run_id)
    chosen = settings or Settings()
    for target in targets:
        Throttle(place, chosen.limits).check(Where(target.collection))
    with hold(place, targets, lease) as held:
        before = preferred_versions(place)
        place.prefer([(each.collection, each.to) for each in targets], live=live)
        for target in targets:
            undone.preferred[target.collection] = target.to
            if before.get(target.collection) != target.to:
                undone.flipped.add(target.collection)
        after: Key | None = None
        steering = Steering(place, held.id, chosen, most=BATCH)
        # One page may have rows of several; what presses on a place does so on all of them.
        where = Where(targets[0].collection if targets else "")
        while True:
            steering.total = total
            steering.wait_for_turn(where)
            began, rows = time.monotonic(), steering.rows
            done = place.restore(run_id, after=after, limit=rows, live=live, held=held.id)
            if done.last is None:
                break
            undone.restored += done.restored
            undone.written += done.written
            undone.deleted += done.deleted
            undone.refused += done.refused
            seen, steering.done = undone.handled - steering.done, undone.handled
            steering.after(seen, time.monotonic() - began)
            after = done.last
            progress(undone.handled, total)
        _settle(place, targets, undone)
        if undone.handled < total:
            raise Conflict(
                f"{total - undone.handled:,} before-images of run {run_id} were dropped while it "
                f"was undone: {undone.restored:,} objects are restored, the others stay as they are"
            )
        held.ending = "done"
    return undone


def drop_undo(place: Place, run_id: str) -> int:
    """Forget a run's before-images; returns how many there were.

    Raises `NotFound`, and `Conflict` while any run goes on: it may be this one, or undo it.
    """
    place.run(run_id)
    run = live_run(place)
    if run is not None:
        raise Conflict(f"run {run.id} is going on: wait for its end")
    return place.drop_undo(run_id)


def refuse_unreadable(place: Place, run_id: str) -> None:
    """Refuse to bring back a version of a known collection that this code could not read.

    Raises `NotFound` and `UsageError`.
    """
    run = place.run(run_id)
    kinds = {each.name: each.kind for each in place.collections()}
    for target in run.targets:
        kind = kinds.get(target.collection)
        known = [spoke.api_version for spoke in kind.spokes] if kind is not None else []
        if known and target.before and target.before[0] not in known:
            raise UsageError(
                f"this code no longer has {target.before[0]}: nothing could read what undoing "
                f"run {run.id} would bring back; undo it with the release that has it"
            )


def _refuse_of_others(place: Place, run: Run) -> None:
    """A run over another place in the same database: only that one can restore its rows."""
    known = {each.name for each in place.collections()}
    others = [each.collection for each in run.targets if each.collection not in known]
    if others:
        raise UsageError(
            f"run {run.id} is about other collections: {', '.join(others)}; name their place "
            "with --place"
        )


def _former(target: RunTarget, preferred: str | None) -> str:
    """The version to go back to: the preferred one, where somebody has gone back already."""
    return preferred if preferred in target.before else target.before[0]


def _refuse_if_migrated_on(preferred: Mapping[str, str], targets: list[RunTarget]) -> None:
    """An object that a later run has rewritten is none to be restored: begin with that run."""
    for target in targets:
        now = preferred.get(target.collection)
        if now not in (None, target.to, *target.before):
            raise Conflict(
                f"{target.collection} has been migrated to {now} since: undo that run first "
                "(`kconv migrate runs`), or go back with `kconv migrate --to`"
            )


def _settle(place: Place, targets: list[RunTarget], undone: Undone) -> None:
    """Take versions without rows off the record, and count what is in the others."""
    names = {target.collection: target.to for target in targets}
    left = Counter[tuple[str, str]]()
    for row in place.counts():
        if row.collection in names and row.version != names[row.collection]:
            left[row.collection, row.version] += row.rows
    for (name, version), rows in left.items():
        try:
            closed = place.close_version(name, version)
        except Conflict:
            # Objects are not what they were: those that were not restored are named already.
            closed = False
        if not closed:
            undone.left[name, version] = rows
