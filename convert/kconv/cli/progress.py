"""How far a run is: a bar on a terminal, a line every few seconds in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from kconv.cli.console import has_colour, is_terminal, say

if TYPE_CHECKING:
    from kconv_migrations.storage import Progress

EVERY = 5.0
"""Seconds between two lines in a log."""


class Meter:
    """Shows the progress of a migration on standard error; used as a context."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        self._began: dict[str, float] = {}
        self._spoke = time.monotonic()
        if is_terminal(sys.stderr):
            self._bar = _bar()

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        """Show how far one resource is."""
        name = str(progress.target.resource)
        now = time.monotonic()
        began = self._began.setdefault(name, now)
        if self._bar is not None:
            if name not in self._tasks and progress.total:
                self._tasks[name] = self._bar.add_task(name, total=progress.total, rate="")
            if name in self._tasks:
                rate = f"{progress.done / (now - began):,.0f} rows/s" if now > began else ""
                self._bar.update(
                    self._tasks[name], completed=progress.done, total=progress.total, rate=rate
                )
        elif now - self._spoke >= EVERY:
            self._spoke = now
            rate = f"{progress.done / (now - began):,.0f}" if now > began else "-"
            say(f"{name}: {progress.done:,} of {progress.total:,} rows, {rate} rows/s")


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.progress import (
        Progress as Bar,
    )

    console = Console(file=sys.stderr, no_color=not has_colour(sys.stderr))
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        redirect_stdout=is_terminal(sys.stdout),  # results for a pipe must reach it
    )
