"""How far a conversion of files is: a bar on a terminal, where it takes long enough to ask."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kconv._cli.console import is_terminal

FROM = 50
"""From so many files on there is a bar."""

Step = Callable[[int, int], None]


@contextmanager
def progress() -> Iterator[Step]:
    """Gives what takes how many files are done, and how many there are."""
    bar = _Bar()
    try:
        yield bar.step
    finally:
        bar.stop()


class _Bar:
    def __init__(self) -> None:
        self._shown: object = None
        self._at = is_terminal(sys.stderr)

    def step(self, done: int, total: int) -> None:
        """Show that so many files are done."""
        if not self._at or total < FROM or (done % 10 and done < total):
            return
        width = 30
        filled = "\u2588" * (width * done // total)
        self._shown = True
        sys.stderr.write(f"\r{filled:\u2591<{width}} {done:,} of {total:,} files")
        sys.stderr.flush()

    def stop(self) -> None:
        """Take the bar away."""
        if self._shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
