"""Checkpoints: what is in SQLite's write-ahead log goes into the database, beside those who write.

SQLite does that itself with the commit that makes the log long, which then waits for all of it to
be on disk: a dozen others could be written meanwhile.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Final

from kconv._errors import StoreError
from kconv._store.database import Database

PAGES: Final = 1000
"""How many pages may be in the log, roughly, before a checkpoint begins."""

MOST_PAGES: Final = 4 * PAGES
"""Pages in the log with which a commit does what is left of it, so that the log begins anew."""

_OF_A_BATCH: Final = 8
_PAGE_BYTES: Final = 2048
"""What writing takes: some pages of indexes, and one for so many bytes, which rarely fill it."""


class Checkpoints:
    """Begins one in a thread of its own when much has been written since the last one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pages = 0
        self._thread: threading.Thread | None = None

    def wrote(self, size: int) -> None:
        """A batch of so many bytes has been committed."""
        self._pages += _OF_A_BATCH + size // _PAGE_BYTES
        if self._pages < PAGES or (self._thread is not None and self._thread.is_alive()):
            return
        self._pages = 0
        thread = threading.Thread(target=self._run, name="kconv-checkpoint", daemon=True)
        # Where no thread can begin, as in a process that ends, a later commit does it. The writes
        # are kept by now, and must not end with an error.
        with suppress(RuntimeError):
            thread.start()
            self._thread = thread

    def close(self) -> None:
        """Wait for the one that is under way."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        # What it cannot do a later commit does, which says what is wrong.
        with suppress(StoreError):
            self._database.peek(
                lambda connection: connection.exec_driver_sql("PRAGMA wal_checkpoint").all()
            )
