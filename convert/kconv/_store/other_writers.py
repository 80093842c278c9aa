"""Whether others write to a SQLite file while a run does, which only one at a time can.

Who waits for the lock looks again after up to 100 milliseconds, and leaves no trace meanwhile. So a
run leaves the file alone for a moment now and then, and sees whether anybody has used it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from kconv._store.database import Database

REST: Final = 0.06
"""Seconds that the file is left alone."""

EVERY: Final = 1.0
"""Seconds between two such moments, where the last one found nobody."""

SOON: Final = 0.4
"""Seconds between them, where it found somebody."""


class OtherWriters:
    """Counts the moments in which others have written."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sleep = sleep
        self._found = 0
        self._next = clock() + SOON

    def count(self) -> int:
        """A number that changes when others write; now and then it takes `REST` seconds."""
        if self._clock() >= self._next:
            others = self._database.peek(self._look)
            self._found += others
            self._next = self._clock() + (SOON if others else EVERY)
        return self._found

    def _look(self, connection: Connection) -> bool:
        """Whether somebody commits while this process does nothing; by one connection."""
        before = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
        self._sleep(REST)
        return bool(connection.exec_driver_sql("PRAGMA data_version").scalar_one() != before)
