"""What a run is told, and what it tells."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from kconv._store import Quarantined
from kconv_migrations._migration.lease import LEASE
from kconv_migrations._migration.plan import Target

PATIENCE = 30.0
"""Seconds that rows in another version may keep coming until the run gives up: servers read the
record anew every second."""

LIVE = 60.0
"""Seconds since a server's last heartbeat in which it counts as alive."""

MOST_BROKEN = 1000
"""Rows that break a rule and are told one by one; further ones are counted."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run.

    ``rate`` is rows a second, 0 for as fast as it goes; ``undo`` keeps before-images;
    ``accept_loss`` lets go what the API's author acknowledges as lost; ``validate`` judges rows by
    the rules that groups add as well, as a dry run always does. ``outage`` is for how many seconds
    to wait for a database that went away; ``live`` how old a server's heartbeat may be.
    """

    batch_size: int = 1000
    rate: float = 0.0
    dry_run: bool = False
    undo: bool = True
    accept_loss: bool = False
    validate: bool = False
    patience: float = PATIENCE
    outage: float = 0.0
    lease: float = LEASE
    live: float | None = LIVE

    @property
    def page(self) -> int:
        """Rows in a transaction: with a ``rate``, those of about a second at most."""
        # Whatever is no smaller than the batch, infinity too, bounds nothing.
        if not 0 < self.rate < self.batch_size:
            return self.batch_size
        return max(1, math.ceil(self.rate))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the rows of a resource are; ``total`` may grow while writers write.

    ``waiting`` is set while the database is away: what it said.
    """

    target: Target
    done: int
    total: int
    waiting: str = ""


@dataclass(slots=True)
class Outcome:
    """What became of a resource.

    ``objects`` and ``changes`` were rewritten (in a dry run: would be); ``raced`` were changed by
    a writer between read and write. ``failures`` were left as they are, and are in quarantine;
    ``broken`` were migrated though they break a rule, ``broken_count`` in all; ``lost`` counts
    rows by the path that the new version cannot hold. ``dropped`` versions are off the record,
    each in the transaction that saw no row in it; ``kept`` ones are still on it, with the rows
    left in them. ``seconds`` are those that it took; in a dry run without those that it slept to
    keep to the rate, so that the time of a run can be told from them.
    """

    target: Target
    run: str = ""
    objects: int = 0
    changes: int = 0
    raced: int = 0
    failures: list[Quarantined] = field(default_factory=list)
    broken: list[Quarantined] = field(default_factory=list)
    broken_count: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def done(self) -> bool:
        """Whether every row is, or in a dry run can be, in the version wanted."""
        return not self.failures and not self.kept
