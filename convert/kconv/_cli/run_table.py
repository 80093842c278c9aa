"""How runs of migrations are shown: as a table, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kconv._store import Run, Store, UndoSize


def run_rows(store: Store, found: Sequence[Run]) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The header and rows of a table of runs."""
    rows: list[Sequence[str]] = []
    for run in found:
        size = store.undo_size(run.id)
        # Only rewriting references, and undoing that, is about no resource in particular.
        what = ", ".join(
            f"{target.resource}.{target.group}".rstrip(".") + f" to {target.to}"
            for target in run.targets
        )
        kept = f"{size.rows:,} objects, {_size(size.bytes)}" if size.rows else "-"
        rows.append(
            (run.id, run.state, f"{run.began:%Y-%m-%d %H:%M:%S}", kept, what or "references")
        )
    return ("RUN", "STATE", "BEGAN (UTC)", "BEFORE-IMAGES", "WHAT"), rows


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
                "group": target.group,
                "resource": target.resource,
                "before": list(target.before),
                "version": target.to,
            }
            for target in run.targets
        ],
        "beforeImages": size.rows,
        "beforeImageBytes": size.bytes,
    }


def _size(number: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if number < 1024:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} GiB"
