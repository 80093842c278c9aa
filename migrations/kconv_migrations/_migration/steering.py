"""How a run writes: in batches that fit, at a rate, beside others, and not while it is to wait.

It is told so when it begins, and by ``kconv migrate pause``, ``resume`` and ``rate`` while it goes
on: through its row in the place's record of runs, where it also says how far it is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from kconv._errors import TimedOut
from kconv.place import Place, Where
from kconv_migrations._migration.batch_size import LEAST, BatchSize
from kconv_migrations._migration.pace import Pace
from kconv_migrations._migration.rate_limit import RateLimit
from kconv_migrations._migration.settings import Settings
from kconv_migrations._migration.throttle import Throttle

T = TypeVar("T")

LOOK: Final = 1.0
"""Seconds between two looks at what the run is told."""

NAP: Final = 0.5
"""Seconds between two looks while the run waits."""

PAUSED: Final = "paused: `kconv migrate resume` has it go on"


class Steering:
    """What a run is told, and the size and pace of its transactions.

    ``say`` is told why it waits, and the empty string when it goes on. ``done`` and ``total`` are
    what `kconv migrate status` shows, and ``raced`` too where
    it is not None; the caller sets them.
    """

    def __init__(
        self,
        place: Place,
        run: str,
        settings: Settings,
        say: Callable[[str], None] = lambda _: None,
        *,
        most: int | None = None,
    ) -> None:
        self.done = self.total = 0
        self.raced: int | None = None
        self.rate_limit = RateLimit(settings.rate)
        self._place = place
        self._run = run
        self._begun_with = settings.rate
        self._outage = settings.outage
        self._say = say
        self._most = min(settings.batch_size, most or settings.batch_size)
        self._batch = BatchSize(self._most, settings.batch_seconds)
        self._pace: Pace | None = None
        self._throttle = Throttle(place, settings.limits)
        self._paused = False
        self._waiting = ""
        self._reported: tuple[int, int, str, int | None] | None = None
        self._looked = -math.inf
        self._choose_pace()

    @property
    def rows(self) -> int:
        """How many rows the next transaction is to have."""
        rows = self._batch.rows
        if self._pace is not None:
            rows = min(rows, self._pace.rows)
        elif self.rate_limit.rate < rows:
            rows = math.ceil(self.rate_limit.rate)
        return max(rows, LEAST)

    def write(self, where: Where, items: Sequence[T], put: Callable[[Sequence[T]], int]) -> int:
        """Write items by ``put``, some at a time; returns how many were written.

        Of a batch that timed out, half is tried again. Raises what ``put`` does, and `Conflict`
        when the run has been lost.
        """
        written = at = 0
        failing_since: float | None = None
        while at < len(items):
            self.wait_for_turn(where)
            part = items[at : at + self.rows]
            began = time.monotonic()
            try:
                written += put(part)
            except TimedOut:
                failing_since = failing_since or began
                if len(part) <= LEAST and time.monotonic() - failing_since >= self._outage:
                    raise
                self._batch.timed_out(len(part))
                continue
            failing_since = None
            at += len(part)
            self.after(len(part), time.monotonic() - began)
        return written

    def after(self, rows: int, seconds: float) -> None:
        """Note what a transaction took, and rest as the rate and those who write ask for."""
        self._batch.after(rows, seconds)
        if self._pace is not None:
            self._pace.after(rows, seconds)
        self.rest(rows)

    def rest(self, rows: int) -> None:
        """Rest for rows that have been looked at only, as the rate asks for."""
        self.rate_limit.wait(rows, self._look)

    def wait_for_turn(self, where: Where) -> None:
        """Wait while the run is paused, or the place is under more pressure than it may be.

        ``where`` is what the run is about to write.
        """
        while True:
            self._look()
            why = PAUSED if self._paused else self._throttle.reason(where)
            if why != self._waiting:
                self._waiting = why
                self._say(why)
                self._looked = -math.inf  # for status to say it
            if not why:
                return
            time.sleep(NAP)

    def finish(self) -> None:
        """Say how far the run is, at the end of a collection."""
        self._looked = -math.inf
        self._look()

    def _look(self) -> None:
        """Say how far the run is, and take what it is told; now and then."""
        now = time.monotonic()
        if not self._run or now - self._looked < LOOK:
            return
        state = (self.done, self.total, self._waiting, self.raced)
        if state == self._reported:
            told = self._place.run(self._run)
        else:
            done, total, waiting, raced = self._reported = state
            told = self._place.report_run(
                self._run, done=done, total=total, waiting=waiting, raced=raced
            )
        self._looked = now
        self._paused = told.paused and told.state == "running"
        self.rate_limit.rate = self._begun_with if told.rate is None else told.rate
        self._choose_pace()

    def _choose_pace(self) -> None:
        # Who says a rate has chosen what is left to others.
        if self.rate_limit.rate > 0:
            self._pace = None
        elif self._pace is None:
            self._pace = Pace(self._place.written, self._most)
