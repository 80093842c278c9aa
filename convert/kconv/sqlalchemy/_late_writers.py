"""`LateWriters`: applications that may still be writing the version that was preferred before.

A process whose documents go through the column type goes by what it has read of the record for
`RECORD_AGE` seconds, and a transaction that has written a row in that time may be committed later.
Until both are over, a version without rows may get some.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, text

from kconv.sqlalchemy import _record
from kconv.sqlalchemy._declaration import Declaration
from kconv.sqlalchemy._type import DocumentType

PATIENCE: Final = 10.0
"""Seconds that transactions are waited for, until the caller is told that some are left."""

_PAUSE: Final = 0.05
_WRITING: Final = text("""
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = to_regclass(:name) AND mode = 'RowExclusiveLock'
    AND granted AND pid <> pg_backend_pid()
""")
"""The transactions that have written to a table, or are about to."""


class LateWriters:
    """Waits for them, by collection. ``peek`` runs one statement in a transaction of its own.

    Another process may have changed the record just before this one opened the place: a run that
    was killed, and is finished by this one.
    """

    def __init__(self, peek: Callable[[Callable[[Connection], frozenset[str]]], frozenset[str]]):
        self._peek = peek
        self._opened = time.monotonic()
        self._until: dict[str, float] = {}
        self._settled: set[str] = set()

    def expect(self, declared: Declaration) -> None:
        """From now on another version is preferred."""
        self._until[declared.name] = time.monotonic() + _record.RECORD_AGE
        self._settled.discard(declared.name)

    def gone(self, declared: Declaration) -> bool:
        """Wait until there are none; whether there are none by now."""
        if declared.name in self._settled or not isinstance(declared.document.type, DocumentType):
            return True
        until = self._until.get(declared.name, self._opened + _record.RECORD_AGE)
        time.sleep(max(0.0, until - time.monotonic()))
        # Transactions that begin from now on write the new version.
        left = self._writing(declared)
        deadline = time.monotonic() + PATIENCE
        while left and time.monotonic() < deadline:
            time.sleep(_PAUSE)
            left &= self._writing(declared)
        if not left:
            self._settled.add(declared.name)
        return not left

    def _writing(self, declared: Declaration) -> frozenset[str]:
        def writing(connection: Connection) -> frozenset[str]:
            if connection.dialect.name != "postgresql":
                # On SQLite, nobody else is writing while somebody is.
                return frozenset()
            table = connection.dialect.identifier_preparer.format_table(declared.table)
            return frozenset(connection.execute(_WRITING, {"name": table}).scalars())

        return self._peek(writing)
