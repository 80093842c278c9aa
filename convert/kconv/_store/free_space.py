"""The room that rows which are gone take still, and that VACUUM would give back."""

from __future__ import annotations

from sqlalchemy import Connection, text

from kconv._store.tables import metadata
from kconv.place import Reclaimable

# What is dead is found again by its share of the rows: PostgreSQL counts no bytes.
_DEAD = text("""
SELECT relname,
    pg_total_relation_size(relid) * n_dead_tup / greatest(n_live_tup + n_dead_tup, 1) AS bytes
FROM pg_stat_user_tables
WHERE relname = ANY(:tables) AND n_dead_tup > 0 AND schemaname = current_schema()
ORDER BY bytes DESC
""")


def reclaimable(connection: Connection) -> Reclaimable:
    """The room that is free, or was at the last count."""
    if connection.dialect.name == "sqlite":
        free, size = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("freelist_count", "page_size")
        )
        return Reclaimable(free * size)
    rows = connection.execute(_DEAD, {"tables": sorted(metadata.tables)}).all()
    return Reclaimable(sum(int(row[1]) for row in rows), tuple(row[0] for row in rows))
