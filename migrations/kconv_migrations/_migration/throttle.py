"""Waiting while a place is under more pressure than its operator allows."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Final

from kconv._errors import UsageError
from kconv.place import Place, Pressure, Replica, Where

EVERY: Final = 1.0
"""Seconds between two looks at the pressure."""

_REMEMBERED: Final = 3600
"""Looks at how far the log of changes is, each of which dates what replicas have not replayed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From which pressure on a run waits; None and False: whatever it is.

    ``replica_lag`` is in seconds, of the replica that is furthest behind; ``archive_backlog`` in
    files of the write-ahead log that wait for the archive; ``lock_waits`` in sessions that wait
    for a lock; ``load`` in sessions that work. With ``vacuum``, it waits while the table that it
    rewrites is being vacuumed.
    """

    replica_lag: float | None = None
    archive_backlog: int | None = None
    lock_waits: int | None = None
    load: int | None = None
    vacuum: bool = False

    @property
    def wanted(self) -> frozenset[str]:
        """The names of what is limited."""
        names = ("replica_lag", "archive_backlog", "lock_waits", "load", "vacuum")
        unlimited = (None, False)  # and 0 is a limit, though it equals False
        return frozenset(
            name for name in names if not any(getattr(self, name) is each for each in unlimited)
        )


class Throttle:
    """Says why a run is to wait, if it is."""

    def __init__(self, place: Place, limits: Limits) -> None:
        self._place = place
        self._limits = limits
        self._lag = ReplicaLag()
        self._looked = float("-inf")
        self._reason = ""

    def check(self, where: Where) -> None:
        """See that everything that is limited can be told. Raises `UsageError`."""
        if not (wanted := self._limits.wanted):
            return
        unknown = self._place.pressure(where, wanted).unknown
        if unknown:
            lines = [f"--{_OPTIONS[name]}: {why}" for name, why in sorted(unknown.items())]
            raise UsageError("\n".join(lines))

    def reason(self, where: Where) -> str:
        """Why the run is to wait, as of a second ago at most; empty if it is not."""
        if not self._limits.wanted:
            return ""
        now = time.monotonic()
        if now - self._looked >= EVERY:
            self._reason = self._judge(self._place.pressure(where, self._limits.wanted), now)
            self._looked = time.monotonic()
        return self._reason

    def _judge(self, found: Pressure, now: float) -> str:
        limits = self._limits
        name, lag = self._lag.of(found, now)
        if limits.replica_lag is not None and lag > limits.replica_lag:
            return f"replica {name} is {lag:.0f} s behind, more than {limits.replica_lag:g} s"
        for what, number, most in (
            (
                "files of the log that wait for the archive",
                found.archive_backlog,
                limits.archive_backlog,
            ),
            ("sessions that wait for a lock", found.lock_waits, limits.lock_waits),
            ("sessions at work", found.load, limits.load),
        ):
            if most is not None and number is not None and number > most:
                return f"{what}: {number}, more than {most}"
        if limits.vacuum and found.vacuumed:
            return f"{found.vacuumed} is being vacuumed"
        return ""


_OPTIONS: Final = {
    "replica_lag": "max-replica-lag",
    "archive_backlog": "max-archive-backlog",
    "lock_waits": "max-lock-waits",
    "load": "max-load",
    "vacuum": "yield-to-vacuum",
}


class ReplicaLag:
    """How many seconds replicas are behind.

    A replica says how long what it replayed last took to come; of one that stands still that says
    nothing. So this remembers how far the log was at each look, and dates what is not replayed.
    """

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int]] = deque(maxlen=_REMEMBERED)

    def of(self, found: Pressure, now: float) -> tuple[str, float]:
        """The replica that is furthest behind, and by how many seconds."""
        self._looks.append((now, found.log_position))
        behind = [(each.name, self._behind(each, now)) for each in found.replicas]
        return max(behind, key=lambda each: each[1], default=("", 0.0))

    def _behind(self, replica: Replica, now: float) -> float:
        since = next((at for at, position in self._looks if position > replica.replayed), now)
        return max(replica.lag, now - since)
