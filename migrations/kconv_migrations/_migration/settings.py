"""The settings of a run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from kconv_migrations._executors.selection import Condition
from kconv_migrations._migration.failure_limit import FailureLimit
from kconv_migrations._migration.lease import LEASE
from kconv_migrations._migration.throttle import Limits
from kconv_migrations._migration.vouched import Vouched

PATIENCE = 30.0
"""Seconds for which rows in another version may keep coming before the run gives up; servers read
the record anew every second."""

KEEP_UNDO = 14 * 86400.0
"""Seconds for which before-images are kept after the end of a run."""

BATCH_SECONDS = 1.0
"""Seconds that a transaction is to take at most."""

LIVE = 60.0
"""Seconds since its last heartbeat in which a server counts as live."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run.

    ``rate`` is in rows a second, 0 for no limit; ``undo`` keeps before-images; ``accept_loss``
    accepts losses that the API's author acknowledges; ``validate`` checks rows against the rules
    of groups too, as a dry run always does; ``strict`` leaves rows as they are, in quarantine, that
    would not be valid in the new version. ``patience``, ``outage``, ``lease`` and ``live`` are
    in seconds: how long rows in another version may keep coming, how long to wait for a database
    that went away, how long the run is held after its last sign of life, and how old a server's
    heartbeat may be (None asks no server). ``keep_undo`` is for how many seconds after its end the
    run's before-images are kept, None until somebody drops them. A transaction has ``batch_size``
    rows at most, and fewer where so many take longer than ``batch_seconds``; it waits while the
    place is over ``limits``. Only rows that have all of ``selection`` are taken, and ``most_rows``
    of each collection at most: a first slice. A run stops when more rows of a collection fail than
    ``most_failures``. ``vouched`` is what an operator says of the servers that are up.
    """

    batch_size: int = 1000
    batch_seconds: float = BATCH_SECONDS
    rate: float = 0.0
    dry_run: bool = False
    undo: bool = True
    accept_loss: bool = False
    validate: bool = False
    strict: bool = False
    patience: float = PATIENCE
    outage: float = 0.0
    lease: float = LEASE
    live: float | None = LIVE
    keep_undo: float | None = KEEP_UNDO
    limits: Limits = field(default_factory=Limits)
    selection: tuple[Condition, ...] = ()
    most_rows: int | None = None
    most_failures: FailureLimit | None = None
    vouched: Vouched | None = None

    @property
    def page(self) -> int:
        """Rows in a transaction: with a ``rate``, those of about a second at most."""
        most = min(self.batch_size, self.most_rows or self.batch_size)
        # Whatever is no smaller than the batch, infinity too, bounds nothing.
        if not 0 < self.rate < most:
            return most
        return max(1, math.ceil(self.rate))

    @property
    def is_slice(self) -> bool:
        """Whether some rows are meant to be left for another run."""
        return bool(self.selection) or self.most_rows is not None
