"""``kconv check --stored``: would this code read every row of a database?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import typer

from kconv._cli.progress import EVERY

if TYPE_CHECKING:
    from kconv._check.stored import Problem, Progress, StoredReport


def check_database(
    db: str, apis: list[str], *, groups: list[str] | None = None, as_json: bool
) -> None:
    """Read every row, or those of some groups; exit code 1 where any row would fail."""
    from kconv._check.stored import check_stored
    from kconv._cli.console import emit, emit_json
    from kconv._errors import UsageError
    from kconv._pipeline import Pipeline
    from kconv._scheme import load_scheme
    from kconv._store import open_store

    scheme = load_scheme(apis=apis).without_documents()
    wanted = None if groups is None else ["" if name == "core" else name for name in groups]
    for name in wanted or ():
        if name not in scheme.groups():
            have = ", ".join(each or "core" for each in scheme.groups())
            raise UsageError(f'no group "{name or "core"}": there are {have}')
    pipeline = Pipeline(scheme)
    store = open_store(db)
    try:
        report = check_stored(store, pipeline, _Ticker(), wanted)
    finally:
        store.close()
    if as_json:
        emit_json(_as_json(report))
    else:
        emit("\n".join(_lines(report)))
    if report.fails:
        raise typer.Exit(1)


class _Ticker:
    """Says on standard error how far the check is, every few seconds."""

    def __init__(self) -> None:
        self._spoke = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        from kconv._cli.console import say

        now = time.monotonic()
        if now - self._spoke >= EVERY:
            self._spoke = now
            say(f"{progress.resource}: {progress.done:,} of {progress.total:,} rows")


def _sorted(report: StoredReport) -> list[Problem]:
    return sorted(
        report.problems.values(),
        key=lambda each: (each.severity, each.resource, each.api_version, each.path, each.reason),
    )


def _lines(report: StoredReport) -> list[str]:
    from kconv._messages import count

    lines = []
    for each in _sorted(report):
        place = f"{each.resource} ({each.api_version}) {each.path}".rstrip()
        lines.append(f"{each.severity}: {place}: {each.message}")
        if not each.rows:
            continue
        more = ", …" if each.rows > len(each.examples) else ""
        lines.append(f"  {count(each.rows, 'row')}: {', '.join(each.examples)}{more}")
    lines.append(
        f"{count(report.rows, 'row')} read: {report.failing:,} would fail, "
        f"{report.warned:,} break a rule of today and stay readable"
    )
    return lines


def _as_json(report: StoredReport) -> dict[str, Any]:
    return {
        "rows": report.rows,
        "failing": report.failing,
        "warned": report.warned,
        "problems": [
            {
                "resource": each.resource,
                "version": each.api_version,
                "path": each.path,
                "reason": each.reason,
                "severity": str(each.severity),
                "message": each.message,
                "rows": each.rows,
                "examples": each.examples,
            }
            for each in _sorted(report)
        ],
    }
