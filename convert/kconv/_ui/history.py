"""Rows by encoded version over time, as this process has seen them while somebody looked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from kconv.place import Place, Run
from kconv_migrations import _migration as storage
from kconv_migrations._migration import CollectionStatus

KEPT: Final = 600
"""Samples that are kept; of older ones, every other one."""

SHARE: Final = 0.05
"""How much of the time may be spent on counting, at most."""

RATE_SECONDS: Final = 15.0
"""Over how long the rate of a run is taken."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was stored at a moment, and the run that was going on."""

    at: float
    status: tuple[CollectionStatus, ...]
    run: Run | None

    def rows(self, collection: str) -> Mapping[str, int]:
        """Rows of a collection by version."""
        return {
            version.api_version: version.rows
            for each in self.status
            if each.name == collection
            for version in each.versions
        }


class History:
    """Samples of one place; several threads may ask for them."""

    def __init__(self, place: Place, clock: Callable[[], float] = time.time) -> None:
        self._place = place
        self._clock = clock
        self._lock = threading.Lock()
        self._samples: list[Sample] = []
        self._cost = 0.0

    @property
    def samples(self) -> list[Sample]:
        """Those that there are, the oldest first."""
        with self._lock:
            return list(self._samples)

    def look(self, seconds: float = 1.0) -> Sample:
        """What is stored now, or was up to ``seconds`` ago.

        Where counting takes long, it is done less often than that.
        """
        with self._lock:
            now = self._clock()
            newest = self._samples[-1] if self._samples else None
            if newest is not None and now - newest.at < max(seconds, self._cost / SHARE):
                return newest
            began = time.monotonic()
            sample = Sample(now, tuple(storage.status(self._place)), storage.live_run(self._place))
            self._cost = time.monotonic() - began
            self._samples.append(sample)
            if len(self._samples) > KEPT:
                half = KEPT // 2
                self._samples[:half] = self._samples[:half:2]
            return sample

    def rate(self) -> float | None:
        """Rows a second of the run in progress, of late; None where that cannot be told."""
        samples = self.samples
        newest = samples[-1] if samples else None
        if newest is None or newest.run is None:
            return None
        first = newest
        for each in reversed(samples):
            # ``done`` begins anew with each collection.
            same = each.run is not None and each.run.id == newest.run.id
            if not same or newest.at - each.at > RATE_SECONDS:
                break
            if each.run is not None and first.run is not None and each.run.done > first.run.done:
                break
            first = each
        seconds = newest.at - first.at
        if first.run is None or seconds <= 0:
            return None
        return (newest.run.done - first.run.done) / seconds
