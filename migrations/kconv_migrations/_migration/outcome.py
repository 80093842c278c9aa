"""What a run reports: how far it is, and what became of each collection."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from kconv.place import OBJECTS, Quarantined
from kconv_migrations._migration.plan import Target

MAX_BROKEN: Final = 1000
"""Rows that break a rule and are reported one by one; further ones are counted."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the rows of a collection are; ``total`` may grow while writers write.

    ``waiting`` is set while the database is away: what it said. ``raced`` rows were changed by a
    writer between read and write.
    """

    target: Target
    done: int
    total: int
    waiting: str = ""
    raced: int = 0


@dataclass(slots=True)
class Outcome:
    """What became of a collection.

    ``written`` rows of each section were rewritten (in a dry run: would be); ``raced`` were changed
    by a writer between read and write. ``failures`` were left as they are, and are in quarantine;
    ``broken`` were migrated though they break a rule, ``broken_count`` in all; ``lost`` counts
    rows by the path that the new version cannot hold. ``dropped`` versions are off the record,
    each in the transaction that saw no row in it; ``kept`` ones are still on it, with the number
    of rows left in them. ``seconds`` is how long it took, ``writing`` until the last
    row was rewritten: writers are waited for afterwards. A dry run leaves out what it slept to keep
    to the rate, so that the duration of a run can be estimated from it. ``is_slice`` is
    set where others than some rows were not wanted; ``stopped`` says why the run stopped by itself,
    ``unproved`` why it cannot be found out whether rows are left in a version.
    """

    target: Target
    run: str = ""
    written: Counter[str] = field(default_factory=Counter)
    raced: int = 0
    failures: list[Quarantined] = field(default_factory=list)
    broken: list[Quarantined] = field(default_factory=list)
    broken_count: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    writing: float = 0.0
    is_slice: bool = False
    stopped: str = ""
    unproved: str = ""

    def add(self, section: str, rows: int, began: float) -> None:
        """Count rows of a section as rewritten, by a run that ``began`` then (`time.monotonic`)."""
        self.written[section] += rows
        if rows:
            self.writing = time.monotonic() - began

    @property
    def objects(self) -> int:
        """Objects that were rewritten."""
        return self.written[OBJECTS]

    @property
    def rows(self) -> int:
        """Rows of all sections that were rewritten."""
        return self.written.total()

    @property
    def done(self) -> bool:
        """Whether every row that was wanted is, or in a dry run can be, in the version wanted."""
        return not self.failures and not self.stopped and (self.is_slice or not self.kept)
