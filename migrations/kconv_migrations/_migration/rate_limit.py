"""Limiting a run to a rate of rows a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_CREDIT: Final = 1.0
"""Seconds that a run which fell behind its rate may catch up; more would be a burst of writes."""

_NAP: Final = 1.0
"""Seconds to sleep at once, between two looks at whether the rate is another one now."""


class RateLimit:
    """Sleeps to keep to ``rate`` rows a second, 0 for no limit.

    ``slept`` are the seconds it slept in all. A lease is renewed in a thread meanwhile.
    """

    def __init__(self, rate: float) -> None:
        self.slept = 0.0
        self._rate = rate
        self._due = time.monotonic()

    @property
    def rate(self) -> float:
        """Rows a second, 0 for no limit."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        if rate != self._rate:
            self._rate = rate
            self._due = time.monotonic()

    def wait(self, rows: int, look: Callable[[], None] = lambda: None) -> None:
        """Wait until the rows just done, and those before, have taken their time.

        ``look`` is called every second or so meanwhile, and may set another rate: what is waited
        for by the former one is over then.
        """
        if self._rate <= 0:
            return
        began = time.monotonic()
        self._due = max(self._due, began - _CREDIT) + rows / self._rate
        while (ahead := self._due - time.monotonic()) > 0:
            time.sleep(min(ahead, _NAP))
            if ahead > _NAP:
                look()
        self.slept += time.monotonic() - began
