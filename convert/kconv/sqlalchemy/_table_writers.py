"""`TableWriters`: whether others write to some tables on PostgreSQL, while a run does.

Statistics come late, and count what the run writes as well. A writer of a table holds a lock
on it until their transaction ends, which everybody can see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Table, text

from kconv._store.database import Database

# Sessions of kconv are this run's own: it opens them itself, or its workers do.
_WRITING: Final = text("""
SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.relation = ANY (SELECT to_regclass(name) FROM unnest(CAST(:names AS text[])) AS t (name))
    AND a.application_name IS DISTINCT FROM current_setting('application_name')
""")


class TableWriters:
    """Counts the looks at which others were writing."""

    def __init__(self, database: Database, tables: Sequence[Table]) -> None:
        self._database = database
        self._tables = tables
        self._found = 0

    def count(self) -> int:
        """A number that changes when others write."""
        self._found += self._database.peek(self._look)
        return self._found

    def _look(self, connection: Connection) -> int:
        preparer = connection.dialect.identifier_preparer
        # As the database has it: a driver doubles the percent signs of a statement.
        names = [preparer.format_table(each).replace("%%", "%") for each in self._tables]
        found: int = connection.execute(_WRITING, {"names": names}).scalar_one()
        return found
