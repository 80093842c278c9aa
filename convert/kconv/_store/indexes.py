"""The indexes over some of a table's rows; with them, ``metadata`` is all that Alembic creates.

They stand apart from the tables because SQLAlchemy imports every dialect that such an index speaks
of, which takes longer than the tables do, and no statement needs them.
"""

from __future__ import annotations

from sqlalchemy import Index, text

from kconv._store.tables import metadata, runs, storage_versions

__all__ = ["metadata"]

Index(
    "uq_kconv_storage_versions_preferred",
    storage_versions.c.grp,
    storage_versions.c.resource,
    unique=True,
    sqlite_where=text("preferred"),
    postgresql_where=text("preferred"),
)
Index(
    "uq_kconv_runs_running",
    runs.c.state,
    unique=True,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)
