"""`Record`: the version that an application's new rows are written in, as the database says it.

The record is read rarely. A process may go on writing the version that was preferred `RECORD_AGE`
seconds ago; that version is still on record then, since a migration takes it off only once it has
looked through all rows, which it begins to do after that time.
"""

from __future__ import annotations

import time
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, inspect, select

from kconv._store.tables import storage_versions

RECORD_AGE: Final = 5.0
"""Seconds for which a process goes by what it has read."""

FAMILY: Final = "@table"
"""What stands for the group in kconv's side tables."""


class Record:
    """What a process knows of the record of one collection, by database."""

    def __init__(self, collection: str) -> None:
        self._collection = collection
        self._read: WeakKeyDictionary[Engine, tuple[float, str | None]] = WeakKeyDictionary()

    def preferred(self, connection: Connection) -> str | None:
        """The apiVersion that new rows are written in; None where none is on record.

        Reads it in the transaction of the connection, unless that was done lately.
        """
        known = self._read.get(connection.engine)
        now = time.monotonic()
        if known is not None and now - known[0] < RECORD_AGE:
            return known[1]
        found = self._look_up(connection, there=known is not None and known[1] is not None)
        self._read[connection.engine] = (now, found)
        return found

    def forget(self) -> None:
        """Read it again the next time."""
        self._read.clear()

    def _look_up(self, connection: Connection, *, there: bool) -> str | None:
        # On PostgreSQL, asking a table that is not there would end the user's transaction.
        if not there and not inspect(connection).has_table(storage_versions.name):
            return None
        statement = select(storage_versions.c.api_version).where(
            storage_versions.c.grp == FAMILY,
            storage_versions.c.resource == self._collection,
            storage_versions.c.preferred,
        )
        found: str | None = connection.execute(statement).scalar_one_or_none()
        return found
