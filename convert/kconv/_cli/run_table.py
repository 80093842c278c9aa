"""How runs of migrations are shown: as a table, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kconv._gvk import GroupResource
from kconv._messages import count, size_text

if TYPE_CHECKING:
    from kconv.place import Place, Run, UndoSize


def run_rows(place: Place, found: Sequence[Run]) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The header and rows of a table of runs."""
    rows: list[Sequence[str]] = []
    left = Counter(each.run for each in place.quarantined())
    for run in found:
        size = place.undo_size(run.id)
        # Only rewriting references, and undoing that, is about no resource in particular.
        what = ", ".join(f"{target.collection} to {target.to}" for target in run.targets)
        kept = f"{count(size.rows, 'object')}, {size_text(size.bytes)}" if size.rows else "-"
        rows.append(
            (
                run.id,
                _state(run, left[run.id]),
                f"{run.began:%Y-%m-%d %H:%M:%S}",
                "-" if run.raced is None else f"{run.raced:,}",
                kept,
                _until(run) if size.rows else "-",
                what or "references",
            )
        )
    header = (
        "RUN",
        "STATE",
        "BEGAN (UTC)",
        "CONFLICTS",
        "BEFORE-IMAGES",
        "KEPT UNTIL (UTC)",
        "WHAT",
    )
    return header, rows


def _state(run: Run, left: int) -> str:
    """How a run ended, or that it goes on; ``left`` of its rows are in quarantine."""
    if run.paused and run.state == "running":
        return "paused"
    return f"done, {left:,} left" if run.state == "failed" and left else run.state


def _until(run: Run) -> str:
    return "dropped" if run.undo_until is None else f"{run.undo_until:%Y-%m-%d %H:%M}"


def going_on(run: Run) -> str:
    """How far a run is that goes on, and what it was told."""
    text = f"run {run.id}: {run.done:,} of {run.total:,} rows"
    if run.raced:
        text += f", {count(run.raced, 'conflict')}"
    if run.rate is not None:
        text += f", {run.rate:g} rows a second at most" if run.rate else ", no limit of its rate"
    if run.waiting:
        return f"{text}; waits: {run.waiting}"
    return f"{text}; is about to pause" if run.paused else text


def steering_as_json(run: Run) -> dict[str, Any]:
    """The JSON of what a run was told, and what it says."""
    return {
        "paused": run.paused,
        "rate": run.rate,
        "done": run.done,
        "total": run.total,
        "waiting": run.waiting,
        "raced": run.raced,
    }


def run_as_json(run: Run, size: UndoSize) -> dict[str, Any]:
    """The JSON of a run."""
    return {
        "id": run.id,
        "state": run.state,
        "holder": run.holder,
        "host": run.host,
        "pid": run.pid,
        "began": run.began.isoformat(),
        "ended": None if run.ended is None else run.ended.isoformat(),
        "targets": [
            {
                "group": GroupResource.parse(target.collection).group,
                "resource": GroupResource.parse(target.collection).resource,
                "before": list(target.before),
                "version": target.to,
            }
            for target in run.targets
        ],
        **steering_as_json(run),
        "beforeImages": size.rows,
        "beforeImageBytes": size.bytes,
        "beforeImagesUntil": None if run.undo_until is None else run.undo_until.isoformat(),
    }
