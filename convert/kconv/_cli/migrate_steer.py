"""``kconv migrate pause``, ``resume`` and ``rate``: what a run in progress is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kconv._cli.database import DEFAULT_DB
from kconv._cli.migrate_options import PlaceName
from kconv._cli.options import Db, Output, Report

if TYPE_CHECKING:
    from kconv.place import Run


def pause(db: Db = DEFAULT_DB, place: PlaceName = None, output: Output = Report.TEXT) -> None:
    """Have the run in progress pause, within a second or two.

    It keeps its lease meanwhile; nothing is read or written. Ends with 1 if no run is in progress.
    """
    from kconv._cli.console import emit

    run = _steer(db, place, paused=True)
    if _as_json(run, output):
        return
    emit(f"run {run.id} pauses: `kconv migrate resume` has it go on")


def resume(db: Db = DEFAULT_DB, place: PlaceName = None, output: Output = Report.TEXT) -> None:
    """Have a run that was paused go on. Ends with 1 if there is none."""
    from kconv._cli.console import emit

    run = _steer(db, place, paused=False)
    if _as_json(run, output):
        return
    emit(f"run {run.id} goes on")


def rate(
    rows: Annotated[float, typer.Argument(min=0, metavar="N", help="Rows a second; 0: no limit.")],
    db: Db = DEFAULT_DB,
    place: PlaceName = None,
    output: Output = Report.TEXT,
) -> None:
    """Have the run in progress keep to a rate, within a second or two.

    It then leaves no more room to others than that. Ends with 1 if no run is in progress.
    """
    from kconv._cli.console import emit

    run = _steer(db, place, rate=rows)
    if _as_json(run, output):
        return
    emit(f"run {run.id}: " + (f"{rows:g} rows a second at most" if rows else "no limit"))


def _steer(
    db: str, place: str | None, *, paused: bool | None = None, rate: float | None = None
) -> Run:
    from kconv._cli.open_place import open_place
    from kconv._errors import Conflict
    from kconv_migrations._migration import live_run

    opened = open_place(place, db, kinds=False)
    try:
        run = live_run(opened)
        if run is None:
            raise Conflict("no run is in progress: `kconv migrate runs` lists former ones")
        return opened.steer_run(run.id, paused=paused, rate=rate)
    finally:
        opened.close()


def _as_json(run: Run, output: Report) -> bool:
    from kconv._cli.console import emit_json
    from kconv._cli.run_table import steering_as_json

    if output is Report.JSON:
        emit_json({"run": run.id, **steering_as_json(run)})
    return output is Report.JSON
