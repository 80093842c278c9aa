"""How far a run is: a bar on a terminal, a line every few seconds in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from kconv._cli.console import has_colour, is_quiet, is_terminal, say
from kconv._messages import count, duration

if TYPE_CHECKING:
    from kconv_migrations._migration import Progress

EVERY = 5.0
"""Seconds between two lines in a log."""


class Meter:
    """Shows the progress of a migration on standard error; used as a context."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        self._began: dict[str, float] = {}
        self._spoke = time.monotonic()
        self._waiting = ""
        if is_terminal(sys.stderr) and not is_quiet():
            self._bar = _bar()

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *failure: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Takes the bar away while results are written; what is done does not come back."""
        if self._bar is None:
            yield
            return
        self._bar.stop()
        try:
            yield
        finally:
            for task in self._bar.tasks:
                self._bar.update(task.id, visible=not task.finished)
            self._bar.start()

    def __call__(self, progress: Progress) -> None:
        """Show how far one resource is."""
        name = progress.target.name
        if progress.waiting != self._waiting:
            self._waiting = progress.waiting
            say(f"waiting: {progress.waiting}" if progress.waiting else "going on")
        now = time.monotonic()
        began = self._began.setdefault(name, now)
        if self._bar is not None:
            if name not in self._tasks and progress.total:
                self._tasks[name] = self._bar.add_task(name, total=progress.total, rate="")
            if name in self._tasks:
                speed = progress.done / (now - began) if now > began else 0
                rate = f"{speed:,.0f} rows/s{_conflicts(progress)}"
                self._bar.update(
                    self._tasks[name], completed=progress.done, total=progress.total, rate=rate
                )
        elif now - self._spoke >= EVERY:
            self._spoke = now
            line = f"{name}: {progress.done:,} of {progress.total:,} rows"
            if now > began and progress.done:
                speed = progress.done / (now - began)
                left = duration((progress.total - progress.done) / speed)
                line += f", {speed:,.0f} rows/s, {left} left"
            say(line + _conflicts(progress))


def _conflicts(progress: Progress) -> str:
    return f", {count(progress.raced, 'conflict')}" if progress.raced else ""


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
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
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,  # results are written as they are, see Meter.aside()
    )
