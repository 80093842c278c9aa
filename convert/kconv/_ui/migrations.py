"""Migrations: what is stored, the run in progress, the runs that were, and one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from kconv._ui.chart import charts
from kconv._ui.objects import key_parameter
from kconv._ui.state import Ask, Page, State
from kconv.place import (
    NO_VERSION,
    OBJECTS,
    BeforeImage,
    Row,
    Run,
    UndoSize,
    Where,
    key_text,
)
from kconv_migrations import _migration as storage

RUNS: Final = 30
"""Runs that are listed."""

LOOKED_AT: Final = 200
"""Objects that are looked at for before-images to show."""

SHOWN: Final = 20
"""Of these, so many are shown."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run and its before-images."""

    run: Run
    size: UndoSize

    @property
    def state(self) -> str:
        """``running``, ``paused``, ``done``, ``failed`` or ``interrupted``."""
        return "paused" if self.run.paused and self.run.state == "running" else self.run.state


@dataclass(frozen=True, slots=True)
class Going:
    """The run in progress; ``left`` are seconds, None where they cannot be told."""

    run: Run
    size: UndoSize
    quarantined: int
    rate: float | None
    left: float | None


def going_on(state: State) -> Going | None:
    """The run in progress, with what is known of its pace; None if there is none."""
    run = storage.live_run(state.place)
    if run is None:
        return None
    quarantined = sum(each.run == run.id for each in state.place.quarantined())
    rate = state.history.rate()
    remaining = max(run.total - run.done, 0)
    left = remaining / rate if rate and not run.paused else None
    return Going(run, state.place.undo_size(run.id), quarantined, rate, left)


def overview(state: State) -> dict[str, Any]:
    """The values of the page of migrations."""
    sample = state.history.look()
    return {
        "status": sample.status,
        "going": going_on(state),
        "charts": charts(state.history.samples),
        "runs": [
            RunRow(each, state.place.undo_size(each.id)) for each in state.place.runs()[:RUNS]
        ],
        "quarantined": len(state.place.quarantined()),
        "unsettled": [each.name for each in sample.status if not each.settled],
    }


def _row(state: State, run: Run) -> RunRow:
    return RunRow(run, state.place.undo_size(run.id))


def migrations_page(state: State, ask: Ask) -> Page:
    """What is stored and what goes on."""
    return Page("migrations.html", "Migrations", overview(state), live="migrations")


def run_values(state: State, run_id: str) -> dict[str, Any]:
    """The values that are kept up to date on the page of a run."""
    state.history.look()
    run = state.place.run(run_id)
    going = going_on(state)
    job = state.jobs.last("undo", run_id)
    undoing = job is not None and job.goes_on
    looked: dict[str, Any] = {"images": [], "looked": 0, "without_image": 0}
    if run.state != "running" and not undoing:
        looked = restorable(state, run)
    return looked | {
        "undoing": undoing,
        "run": run,
        "row": _row(state, run),
        "going": going if going is not None and going.run.id == run_id else None,
        "job": job,
        "quarantined": sum(each.run == run_id for each in state.place.quarantined()),
    }


def run_page(state: State, ask: Ask) -> Page:
    """One run: what it did, and what undoing it would restore."""
    run_id = ask.steps[1]
    values = run_values(state, run_id)
    return Page("run.html", f"Run {run_id}", values, live=f"run/{run_id}")


def restorable(state: State, run: Run) -> dict[str, Any]:
    """What undoing a run would restore: some of the objects, and those written since."""
    shown: list[tuple[str, Row, BeforeImage, str]] = []
    since = looked = 0
    known = {each.name for each in state.place.collections()}
    for target in run.targets:
        if target.collection not in known:
            continue
        where = Where(target.collection, OBJECTS)
        rows = state.place.page(
            where, other_than=NO_VERSION, after=None, until=None, limit=LOOKED_AT
        )
        images = state.place.before_images(where, rows, [run.id])
        looked += len(rows)
        for row, image in zip(rows, images, strict=True):
            if image is not None:
                shown.append((target.collection, row, image, key_parameter(row.key)))
            else:
                since += 1
    return {
        "images": [
            (name, key_text(row.key), row.version, image.version, len(image.data), key)
            for name, row, image, key in shown[:SHOWN]
        ],
        "looked": looked,
        "without_image": since,
    }
